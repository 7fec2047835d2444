//! Settings of a session, as text from outside.

use std::num::NonZeroUsize;
use std::sync::Arc;

use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::prelude::SessionConfig;

use crate::error::{Code, Error, Result};
use crate::sql::depth::{Limits, SETTINGS};

/// Settings that have a name of their own beside `datafusion.*`.
const OWN: &[(&str, &str)] = &[
    ("batch_size", "datafusion.execution.batch_size"),
    ("target_partitions", "datafusion.execution.target_partitions"),
    ("memory_limit", MEMORY),
    (KERNELS, "ltseq.kernels"),
    ("max_expression_depth", "ltseq.max_expression_depth"),
    ("max_query_depth", "ltseq.max_query_depth"),
    ("statement_timeout", "ltseq.statement_timeout"),
];

const KERNELS: &str = "kernels";
const MEMORY: &str = "datafusion.runtime.memory_limit";
const RUNTIME: &str = "datafusion.runtime.";

/// Consumers that a memory error names.
const NAMED_CONSUMERS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(4);

/// What a session is built from.
pub struct Settings {
    /// Of planner and operators.
    pub config: SessionConfig,
    /// Memory and disk.
    pub runtime: Arc<RuntimeEnv>,
    /// Compute sequence calls by own kernels? Off, they become standard windows.
    pub kernels: bool,
}

impl Settings {
    /// Reads `datafusion.*`, `ltseq.*` and the short names.
    pub fn read(given: &[(String, String)]) -> Result<Settings> {
        let mut config = defaults();
        let mut runtime = RuntimeEnvBuilder::new();
        let mut kernels = true;
        for (key, value) in given {
            let short = key.strip_prefix("ltseq.").unwrap_or(key);
            let name = OWN.iter().find(|(own, _)| *own == short).map_or(key.as_str(), |(_, full)| full);
            if short == KERNELS {
                kernels = value.parse().map_err(|_| {
                    Error::new(Code::Argument, format!("bad value '{value}' for the setting {key}: true or false"))
                })?;
            } else if name == MEMORY {
                let pool = FairSpillPool::new(parse_bytes(key, value)?);
                runtime = runtime.with_memory_pool(Arc::new(TrackConsumersPool::new(pool, NAMED_CONSUMERS)));
            } else if name.starts_with(RUNTIME) {
                return Err(unknown(key, &config).with_hint("set it with a SET statement"));
            } else {
                set(&mut config, key, name, value)?;
            }
        }
        let runtime = Arc::new(runtime.build().map_err(Error::from)?);
        Ok(Settings { config, runtime, kernels })
    }
}

fn defaults() -> SessionConfig {
    let mut config = SessionConfig::new().with_information_schema(true);
    let options = config.options_mut();
    options.extensions.insert(Limits::default());
    options.sql_parser.collect_spans = true;
    // A derived table's ORDER BY is there for a reason in ordered SQL.
    options.sql_parser.enable_subquery_sort_elimination = false;
    config
}

/// Milliseconds that a statement may be waited for; 0 for any number.
pub fn statement_timeout(config: &SessionConfig) -> u64 {
    config.options().extensions.get::<Limits>().map_or(0, |limits| limits.statement_timeout)
}

fn set(config: &mut SessionConfig, key: &str, name: &str, value: &str) -> Result<()> {
    let known = SETTINGS.contains(&name) || config.options().entries().iter().any(|e| e.key == name);
    if !known {
        return Err(unknown(key, config));
    }
    config.options_mut().set(name, value).map_err(|e| {
        let reason = Error::from(e).message;
        Error::new(Code::Argument, format!("bad value '{value}' for the setting {key}: {reason}"))
    })
}

fn unknown(key: &str, config: &SessionConfig) -> Error {
    let own = OWN.iter().map(|(own, _)| *own).chain(SETTINGS.iter().copied()).map(str::to_string);
    let names = own.chain(config.options().entries().into_iter().map(|e| e.key)).collect::<Vec<_>>();
    let mut error = Error::new(Code::Argument, format!("there is no setting '{key}'")).with_names(key, names);
    error.available.clear();
    error
}

/// `512MB`, `1.5 GiB`, `2G` or plain bytes.
fn parse_bytes(key: &str, text: &str) -> Result<usize> {
    let bad = || {
        Error::new(Code::Argument, format!("bad value '{text}' for the setting {key}"))
            .with_hint("write a number of bytes, or a number with KB, MB or GB")
    };
    let trimmed = text.trim();
    let digits = trimmed.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(trimmed.len());
    let number: f64 = trimmed[..digits].parse().map_err(|_| bad())?;
    let scale = match trimmed[digits..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1_u64,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        "t" | "tb" | "tib" => 1 << 40,
        _ => return Err(bad()),
    };
    let bytes = number * scale as f64;
    if bytes >= 1.0 && bytes < usize::MAX as f64 { Ok(bytes as usize) } else { Err(bad()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(parse_bytes("m", "1.5 GiB").ok(), Some(1_610_612_736));
        assert_eq!(parse_bytes("m", "64MB").ok(), Some(64 << 20));
        assert_eq!(parse_bytes("m", "1000").ok(), Some(1000));
        assert!(parse_bytes("m", "lots").is_err());
        assert!(parse_bytes("m", "0").is_err());
    }

    #[test]
    fn unknown_setting() {
        let given = [("datafusion.execution.batchsize".to_string(), "1".to_string())];
        let error = Settings::read(&given).err();
        assert!(error.is_some_and(|e| e.nearest.contains(&"datafusion.execution.batch_size".to_string())));
    }
}
