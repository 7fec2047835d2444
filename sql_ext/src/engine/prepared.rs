//! PREPARE, EXECUTE, DEALLOCATE.
//!
//! Plans are kept as they were planned: the stock store optimises them first, before
//! the binder has seen them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::datatypes::FieldRef;
use datafusion::common::ParamValues;
use datafusion::common::metadata::ScalarAndMetadata;
use datafusion::execution::SessionState;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{Execute, Expr, LogicalPlan, Prepare, Statement as PlanStatement};
use datafusion::optimizer::simplify_expressions::ExprSimplifier;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast;

use super::ddl;
use super::wiring::Declaration;
use crate::error::{Code, Error, Result};

/// What is prepared.
#[derive(Debug, Clone)]
struct Kept {
    /// The types of the parameters, as far as they are declared or follow from their use.
    fields: Vec<Option<FieldRef>>,
    plan: Arc<LogicalPlan>,
    /// The order that a CREATE TABLE declares.
    declared: Option<Declaration>,
}

/// How many types a PREPARE declares; none where it leaves them to the use of its parameters.
pub fn declared_types(statement: &Statement) -> Option<usize> {
    let Statement::Statement(statement) = statement else { return None };
    let ast::Statement::Prepare { data_types, .. } = statement.as_ref() else { return None };
    (!data_types.is_empty()).then_some(data_types.len())
}

/// Declared types must be as many as there are parameters.
pub fn check_types(declared: Option<usize>, plan: &LogicalPlan) -> Result<()> {
    let (Some(types), LogicalPlan::Statement(PlanStatement::Prepare(prepare))) = (declared, plan) else {
        return Ok(());
    };
    let count = prepare.input.get_parameter_names().map_err(Error::from)?.len();
    if types == count {
        return Ok(());
    }
    let (s, t) = (if types == 1 { "" } else { "s" }, if count == 1 { "" } else { "s" });
    let text = format!("{} declares {types} parameter type{s} and uses {count} parameter{t}", prepare.name);
    Err(Error::new(Code::ParameterCount, text))
}

/// The prepared statements of a session, by name.
#[derive(Debug, Default)]
pub struct Prepared {
    plans: Mutex<HashMap<String, Kept>>,
}

impl Prepared {
    /// Keeps a plan under a new name.
    pub fn store(&self, prepare: Prepare, declared: Option<Declaration>) -> Result<()> {
        let Prepare { name, fields, input } = prepare;
        let found = input.get_parameter_fields().map_err(Error::from)?;
        // The planner leaves out those that it knows no type for: by their number they are found again.
        let fields = if fields.len() == found.len() {
            fields.into_iter().map(Some).collect()
        } else {
            (1..=found.len()).map(|i| found.get(&format!("${i}")).cloned().flatten()).collect()
        };
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        if plans.contains_key(&name) {
            return Err(Error::new(Code::Argument, format!("there is a prepared statement '{name}' already"))
                .with_hint(format!("DEALLOCATE {name} first")));
        }
        plans.insert(name, Kept { fields, plan: input, declared });
        Ok(())
    }

    /// The plan with values for its parameters, and the order that it declares.
    pub fn execute(&self, execute: Execute, state: &SessionState) -> Result<(LogicalPlan, Option<Declaration>)> {
        let Execute { name, parameters, .. } = execute;
        let found = self.plans.lock().unwrap_or_else(PoisonError::into_inner).get(&name).cloned();
        let Some(Kept { fields, plan, declared }) = found else {
            return Err(self.unknown(&name));
        };
        let wanted = plan.get_parameter_names().map_err(Error::from)?.len();
        if wanted != parameters.len() {
            return Err(Error::new(
                Code::ParameterCount,
                format!("{name} takes {wanted} parameters, and {} are given", parameters.len()),
            ));
        }
        let context = SimplifyContext::builder()
            .with_schema(Arc::clone(plan.schema()))
            .with_config_options(Arc::clone(state.config_options()))
            .with_query_execution_start_time(state.execution_props().query_execution_start_time)
            .build();
        let simplifier = ExprSimplifier::new(context);
        let mut values = vec![];
        for (i, parameter) in parameters.into_iter().enumerate() {
            let value = match simplifier.simplify(parameter).map_err(Error::from)? {
                Expr::Literal(value, metadata) => ScalarAndMetadata::new(value, metadata),
                other => return Err(Error::new(Code::Argument, format!("a parameter is a constant, not {other}"))),
            };
            values.push(match fields.get(i).and_then(Option::as_ref) {
                Some(field) => value.cast_storage_to(field.data_type()).map_err(Error::from)?,
                None => value,
            });
        }
        let plan = Arc::unwrap_or_clone(plan);
        // Putting the values in computes the schemas anew.
        let required = ddl::required(&plan);
        let plan = plan.replace_params_with_values(&ParamValues::List(values)).map_err(Error::from)?;
        Ok((ddl::declare_not_null(&required, plan)?, declared))
    }

    /// Forgets a plan.
    pub fn remove(&self, name: &str) -> Result<()> {
        let gone = self.plans.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
        gone.map(|_| ()).ok_or_else(|| self.unknown(name))
    }

    fn unknown(&self, name: &str) -> Error {
        let plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        Error::new(Code::Argument, format!("there is no prepared statement '{name}'"))
            .with_names(name, plans.keys().cloned())
    }
}
