//! Paths with wildcards, in name order.

use std::path::{Path, PathBuf};

/// Does the path hold a wildcard?
pub fn has_wildcard(path: &str) -> bool {
    path.contains(['*', '?', '['])
}

/// The files that a pattern names: `*`, `?` and `[a-z]` within a name, `**` for any
/// number of directories. Names that begin with a dot are matched by a dot alone.
pub fn expand(pattern: &str) -> Vec<PathBuf> {
    let root = if pattern.starts_with('/') { PathBuf::from("/") } else { PathBuf::new() };
    let parts: Vec<&str> = pattern.split('/').filter(|p| !p.is_empty()).collect();
    let mut found = vec![];
    descend(&root, &parts, &mut found);
    found.retain(|p| p.is_file());
    found.sort();
    found.dedup();
    found
}

fn descend(at: &Path, parts: &[&str], found: &mut Vec<PathBuf>) {
    let Some((part, rest)) = parts.split_first() else {
        found.push(at.to_path_buf());
        return;
    };
    if *part == "**" {
        descend(at, rest, found);
        for child in children(at).into_iter().filter(|c| c.is_dir() && !is_dotted(c)) {
            descend(&child, parts, found);
        }
    } else if has_wildcard(part) {
        let pattern: Vec<char> = part.chars().collect();
        for child in children(at) {
            let name: Vec<char> = child.file_name().map(|n| n.to_string_lossy().chars().collect()).unwrap_or_default();
            if (!is_dotted(&child) || part.starts_with('.')) && matches(&pattern, &name) {
                descend(&child, rest, found);
            }
        }
    } else {
        let child = at.join(part);
        if child.exists() {
            descend(&child, rest, found);
        }
    }
}

fn children(at: &Path) -> Vec<PathBuf> {
    let at = if at.as_os_str().is_empty() { Path::new(".") } else { at };
    let Ok(entries) = std::fs::read_dir(at) else {
        return vec![];
    };
    let dot = Path::new(".");
    entries.flatten().map(|e| e.path()).map(|p| p.strip_prefix(dot).map(Path::to_path_buf).unwrap_or(p)).collect()
}

fn is_dotted(path: &Path) -> bool {
    path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'))
}

fn matches(pattern: &[char], name: &[char]) -> bool {
    match pattern.split_first() {
        None => name.is_empty(),
        Some(('*', rest)) => (0..=name.len()).any(|skip| matches(rest, &name[skip..])),
        Some(('?', rest)) => name.split_first().is_some_and(|(_, tail)| matches(rest, tail)),
        Some(('[', rest)) => match (class(rest), name.split_first()) {
            (Some((set, after)), Some((c, tail))) => set.contains(*c) && matches(after, tail),
            (None, Some(('[', tail))) => matches(rest, tail),
            _ => false,
        },
        Some((c, rest)) => name.split_first().is_some_and(|(d, tail)| c == d && matches(rest, tail)),
    }
}

struct Class {
    negated: bool,
    ranges: Vec<(char, char)>,
}

impl Class {
    fn contains(&self, c: char) -> bool {
        self.ranges.iter().any(|(from, to)| (*from..=*to).contains(&c)) != self.negated
    }
}

/// Reads `a-z0]…` after the opening bracket, and what follows it.
fn class(pattern: &[char]) -> Option<(Class, &[char])> {
    let negated = matches!(pattern.first(), Some('!' | '^'));
    let body = &pattern[usize::from(negated)..];
    // A bracket that comes first is a member.
    let end = body.iter().skip(1).position(|c| *c == ']')? + 1;
    let members = &body[..end];
    let mut ranges = vec![];
    let mut i = 0;
    while i < members.len() {
        if i + 2 < members.len() && members[i + 1] == '-' {
            ranges.push((members[i], members[i + 2]));
            i += 3;
        } else {
            ranges.push((members[i], members[i]));
            i += 1;
        }
    }
    Some((Class { negated, ranges }, &body[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(pattern: &str, name: &str) -> bool {
        let chars = |s: &str| s.chars().collect::<Vec<_>>();
        matches(&chars(pattern), &chars(name))
    }

    #[test]
    fn wildcards() {
        assert!(fits("*.csv", "a.csv"));
        assert!(!fits("*.csv", "a.csv.gz"));
        assert!(fits("part-?.csv", "part-1.csv"));
        assert!(fits("part-[0-3].csv", "part-2.csv"));
        assert!(!fits("part-[!0-3].csv", "part-2.csv"));
        assert!(fits("a[]x]b", "a]b"));
        assert!(fits("[", "["));
    }
}
