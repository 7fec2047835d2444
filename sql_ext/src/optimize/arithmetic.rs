//! Integer and decimal arithmetic that fails where stock wraps or leaves the type.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Datum};
use datafusion::arrow::compute::kernels::numeric::{add, mul, neg, sub};
use datafusion::arrow::datatypes::{DataType, Decimal128Type, Decimal256Type, Field, FieldRef};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, Result, ScalarValue, internal_err};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::sort_properties::{ExprProperties, SortProperties};
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{
    BinaryExpr, ColumnarValue, Expr, ExprSchemable, LogicalPlan, Operator, ReturnFieldArgs, ScalarFunctionArgs,
    ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::optimizer::AnalyzerRule;

use crate::error::{Code, Error};

/// The rule; see the module above.
#[derive(Debug)]
pub struct CheckedArithmetic;

impl AnalyzerRule for CheckedArithmetic {
    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        Ok(plan.transform_up_with_subqueries(node)?.data)
    }

    fn name(&self) -> &str {
        "checked_arithmetic"
    }
}

fn node(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    // LIMIT must find literals; the others hold what runs elsewhere.
    if matches!(plan, LogicalPlan::Limit(_) | LogicalPlan::Statement(_) | LogicalPlan::Dml(_)) {
        return Ok(Transformed::no(plan));
    }
    let mut schema = merge_schema(&plan.inputs());
    if let LogicalPlan::TableScan(scan) = &plan {
        schema.merge(&DFSchema::try_from_qualified_schema(scan.table_name.clone(), &scan.source.schema())?);
    }
    let names = NamePreserver::new(&plan);
    let rewritten = plan.map_expressions(|expr| {
        let name = names.save(&expr);
        let rewritten = expr.transform_up(|e| checked(e, &schema))?;
        if rewritten.transformed { Ok(rewritten.update_data(|e| name.restore(e))) } else { Ok(rewritten) }
    })?;
    if rewritten.transformed { rewritten.map_data(LogicalPlan::recompute_schema) } else { Ok(rewritten) }
}

fn checked(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let (op, args) = match expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            let Some(kind) = Op::of(op) else {
                return Ok(Transformed::no(Expr::BinaryExpr(BinaryExpr { left, op, right })));
            };
            match (type_of(&left, schema), type_of(&right, schema)) {
                (Some(l), Some(r)) if kind.overflows(&l, &r) => (kind, vec![*left, *right]),
                _ => return Ok(Transformed::no(Expr::BinaryExpr(BinaryExpr { left, op, right }))),
            }
        }
        Expr::Negative(inner) if type_of(&inner, schema).is_some_and(|t| t.is_signed_integer()) => {
            (Op::Neg, vec![*inner])
        }
        other => return Ok(Transformed::no(other)),
    };
    let types = args.iter().filter_map(|a| type_of(a, schema)).collect::<Vec<_>>();
    let result = op.result(&types)?;
    let function = Checked { op, result, signature: Signature::any(args.len(), Volatility::Immutable) };
    Ok(Transformed::yes(Expr::ScalarFunction(ScalarFunction::new_udf(Arc::new(ScalarUDF::from(function)), args))))
}

/// The type of an operand, without walking down a chain that was walked before.
fn type_of(expr: &Expr, schema: &DFSchema) -> Option<DataType> {
    match checked_of(expr) {
        Some((function, _)) => Some(function.result.clone()),
        None => expr.get_type(schema).ok(),
    }
}

/// The checked call that an expression is.
pub fn checked_of(expr: &Expr) -> Option<(&Checked, &[Expr])> {
    let Expr::ScalarFunction(call) = expr else { return None };
    Some((call.func.inner().downcast_ref::<Checked>()?, &call.args))
}

/// Which operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Op {
    Add,
    Sub,
    Mul,
    Neg,
}

impl Op {
    fn of(op: Operator) -> Option<Op> {
        match op {
            Operator::Plus => Some(Op::Add),
            Operator::Minus => Some(Op::Sub),
            Operator::Multiply => Some(Op::Mul),
            _ => None,
        }
    }

    fn operator(self) -> Operator {
        match self {
            Op::Add => Operator::Plus,
            Op::Sub | Op::Neg => Operator::Minus,
            Op::Mul => Operator::Multiply,
        }
    }

    fn run(self, left: &dyn Datum, right: &dyn Datum) -> Result<ArrayRef> {
        Ok(match self {
            Op::Add => add(left, right)?,
            Op::Sub => sub(left, right)?,
            Op::Mul => mul(left, right)?,
            Op::Neg => return internal_err!("minus with two operands"),
        })
    }

    /// Can the stock operation give a wrong value? Decimals have room unless they fill their type.
    fn overflows(self, left: &DataType, right: &DataType) -> bool {
        if left.is_integer() && left == right {
            return true;
        }
        let decimals = left.is_decimal() && right.is_decimal();
        decimals && self.result(&[left.clone(), right.clone()]).is_ok_and(|t| full(&t))
    }

    /// The type of the result, as the stock kernel has it.
    fn result(self, types: &[DataType]) -> Result<DataType> {
        match types {
            [one] => Ok(one.clone()),
            [left, right] if left == right && left.is_integer() => Ok(left.clone()),
            [left, right] => datafusion::logical_expr::binary::BinaryTypeCoercer::new(left, &self.operator(), right)
                .get_result_type(),
            _ => internal_err!("arithmetic without operands"),
        }
    }
}

fn full(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Decimal128(38, _) | DataType::Decimal256(76, _))
}

/// An operation of checked arithmetic. Its names are those of the stock expression.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Checked {
    op: Op,
    result: DataType,
    signature: Signature,
}

impl Checked {
    /// The stock expression.
    fn stock(&self, args: &[Expr]) -> Result<Expr> {
        let inner = args.iter().map(|a| stock_form(a.clone())).collect::<Result<Vec<_>>>()?;
        Ok(self.stock_of(inner))
    }

    fn stock_of(&self, args: Vec<Expr>) -> Expr {
        let mut args = args.into_iter();
        let null = || Expr::Literal(ScalarValue::Null, None);
        let first = args.next().unwrap_or_else(null);
        match self.op {
            Op::Neg => Expr::Negative(Box::new(first)),
            op => Expr::BinaryExpr(BinaryExpr::new(
                Box::new(first),
                op.operator(),
                Box::new(args.next().unwrap_or_else(null)),
            )),
        }
    }
}

/// An expression as stock writes it.
fn stock_form(expr: Expr) -> Result<Expr> {
    let done = expr.transform_up(|e| match checked_of(&e) {
        Some((function, args)) => Ok(Transformed::yes(function.stock_of(args.to_vec()))),
        None => Ok(Transformed::no(e)),
    })?;
    Ok(done.data)
}

impl ScalarUDFImpl for Checked {
    fn name(&self) -> &str {
        match self.op {
            Op::Add => "checked_add",
            Op::Sub => "checked_sub",
            Op::Mul => "checked_mul",
            Op::Neg => "checked_neg",
        }
    }

    fn display_name(&self, args: &[Expr]) -> Result<String> {
        Ok(self.stock(args)?.to_string())
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        Ok(self.stock(args)?.schema_name().to_string())
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(self.result.clone())
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let nullable = args.arg_fields.iter().any(|f| f.is_nullable());
        Ok(Arc::new(Field::new(self.name(), self.result.clone(), nullable)))
    }

    fn is_strict(&self) -> bool {
        true
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let result = match args.args.as_slice() {
            [one] => {
                let array = one.to_array(args.number_rows)?;
                let negative = neg(&array).map_err(|e| self.failed(e.into()))?;
                return self.value(negative, matches!(one, ColumnarValue::Scalar(_)));
            }
            [left, right] => {
                let run = |l: &dyn Datum, r: &dyn Datum| self.op.run(l, r).map_err(|e| self.failed(e));
                match (left, right) {
                    (ColumnarValue::Array(l), ColumnarValue::Array(r)) => run(l, r)?,
                    (ColumnarValue::Array(l), ColumnarValue::Scalar(r)) => run(l, &r.to_scalar()?)?,
                    (ColumnarValue::Scalar(l), ColumnarValue::Array(r)) => run(&l.to_scalar()?, r)?,
                    (ColumnarValue::Scalar(l), ColumnarValue::Scalar(r)) => {
                        return self.value(run(&l.to_scalar()?, &r.to_scalar()?)?, true);
                    }
                }
            }
            _ => return internal_err!("arithmetic without operands"),
        };
        self.value(result, false)
    }

    // Checked sums rise with their operands, which wrapping ones do not.
    fn output_ordering(&self, inputs: &[ExprProperties]) -> Result<SortProperties> {
        Ok(match (self.op, inputs) {
            (Op::Add, [l, r]) => l.sort_properties.add(&r.sort_properties),
            (Op::Sub, [l, r]) => l.sort_properties.sub(&r.sort_properties),
            (Op::Neg, [x]) => -x.sort_properties,
            _ => SortProperties::Unordered,
        })
    }
}

impl Checked {
    fn value(&self, array: ArrayRef, scalar: bool) -> Result<ColumnarValue> {
        self.in_range(&array)?;
        if scalar {
            Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?))
        } else {
            Ok(ColumnarValue::Array(array))
        }
    }

    /// Decimals can leave their precision without leaving their bits.
    fn in_range(&self, array: &ArrayRef) -> Result<()> {
        match &self.result {
            DataType::Decimal128(p, _) => array.as_primitive::<Decimal128Type>().validate_decimal_precision(*p),
            DataType::Decimal256(p, _) => array.as_primitive::<Decimal256Type>().validate_decimal_precision(*p),
            _ => Ok(()),
        }
        .map_err(|_| self.overflow(""))
    }

    fn failed(&self, error: datafusion::common::DataFusionError) -> datafusion::common::DataFusionError {
        match Error::from(error) {
            e if e.code == Code::Overflow => self.overflow(e.message.trim_start_matches("Overflow happened on: ")),
            e => e.into(),
        }
    }

    fn overflow(&self, operation: &str) -> datafusion::common::DataFusionError {
        let what = if operation.is_empty() { self.op.to_string() } else { operation.to_string() };
        Error::new(Code::Overflow, format!("{what} is out of range of {}", self.result))
            .with_hint("CAST an operand to a wider type, such as DECIMAL(38, 0) or DOUBLE")
            .into()
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Op::Add => "a sum",
            Op::Sub => "a difference",
            Op::Mul => "a product",
            Op::Neg => "a negated value",
        })
    }
}
