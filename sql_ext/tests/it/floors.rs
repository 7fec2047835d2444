//! Imports point down the floors of `docs/architecture.md` only.

use std::fs;
use std::path::{Path, PathBuf};

const FLOORS: &[(&str, u8)] = &[
    ("cancel", 0),
    ("error", 0),
    ("order", 0),
    ("types", 0),
    ("registry", 1),
    ("plan", 2),
    ("sql", 3),
    ("analyze", 4),
    ("optimize", 4),
    ("exec", 5),
    ("source", 5),
    ("engine", 6),
];

/// Which floors a floor may import: sql and analyze do not see each other, nor do they see exec.
fn may_import(from: u8, to: u8) -> bool {
    to <= 2 && to <= from || to == from || from == 6
}

fn floor(module: &str) -> Option<u8> {
    FLOORS.iter().find(|(name, _)| *name == module).map(|(_, floor)| *floor)
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn imports_point_down() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = vec![];
    sources(&root, &mut files);
    let mut checked = 0;
    for file in files {
        let relative = file.strip_prefix(&root).unwrap();
        let module = relative.components().next().unwrap().as_os_str().to_string_lossy();
        let module = module.trim_end_matches(".rs").to_string();
        if module == "lib" {
            continue;
        }
        let from = floor(&module).unwrap_or_else(|| panic!("module {module} has no floor"));
        let text = fs::read_to_string(&file).unwrap();
        for part in text.split("crate::").skip(1) {
            let target: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let Some(to) = floor(&target) else { continue };
            checked += 1;
            assert!(may_import(from, to), "{} imports crate::{target}, which is above it", relative.display());
        }
    }
    assert!(checked > 30, "only {checked} imports seen");
}
