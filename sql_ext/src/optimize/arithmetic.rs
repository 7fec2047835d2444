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
use crate::types::type_name;

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
    Ok(Transformed::yes(call(op, result, args)))
}

/// A checked call. A chain `a + b - c …` of integers is one call, however long: nothing
/// that comes later recurses over it.
fn call(op: Op, result: DataType, mut args: Vec<Expr>) -> Expr {
    let mut ops = vec![op];
    if let Some((left, terms)) = args.first().and_then(checked_of)
        && op != Op::Neg
        && !left.ops.contains(&Op::Neg)
        && result.is_integer()
        && left.result == result
    {
        ops = [left.ops.as_slice(), &ops].concat();
        args = [terms, args.get(1..).unwrap_or(&[])].concat();
    }
    let function = Checked { ops, result, signature: Signature::variadic_any(Volatility::Immutable) };
    Expr::ScalarFunction(ScalarFunction::new_udf(Arc::new(ScalarUDF::from(function)), args))
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

/// Operations of checked arithmetic, from left to right. Its names are those of the stock expression.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Checked {
    ops: Vec<Op>,
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
        let first = args.next().unwrap_or_else(|| Expr::Literal(ScalarValue::Null, None));
        if self.ops == [Op::Neg] {
            return Expr::Negative(Box::new(first));
        }
        args.zip(&self.ops).fold(first, |left, (right, op)| {
            Expr::BinaryExpr(BinaryExpr::new(Box::new(left), op.operator(), Box::new(right)))
        })
    }

    fn run(&self, args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
        let mut terms = args.args.iter();
        let Some(first) = terms.next() else { return internal_err!("arithmetic without operands") };
        if self.ops == [Op::Neg] {
            let array = neg(&first.to_array(args.number_rows)?).map_err(|e| self.failed(Op::Neg, e.into()))?;
            return self.value(Op::Neg, array, matches!(first, ColumnarValue::Scalar(_)));
        }
        let mut total = first.clone();
        for (term, op) in terms.zip(&self.ops) {
            let run = |l: &dyn Datum, r: &dyn Datum| op.run(l, r).map_err(|e| self.failed(*op, e));
            let (array, scalar) = match (&total, term) {
                (ColumnarValue::Array(l), ColumnarValue::Array(r)) => (run(l, r)?, false),
                (ColumnarValue::Array(l), ColumnarValue::Scalar(r)) => (run(l, &r.to_scalar()?)?, false),
                (ColumnarValue::Scalar(l), ColumnarValue::Array(r)) => (run(&l.to_scalar()?, r)?, false),
                (ColumnarValue::Scalar(l), ColumnarValue::Scalar(r)) => (run(&l.to_scalar()?, &r.to_scalar()?)?, true),
            };
            total = self.value(*op, array, scalar)?;
        }
        Ok(total)
    }

    fn value(&self, op: Op, array: ArrayRef, scalar: bool) -> Result<ColumnarValue> {
        self.in_range(op, &array)?;
        if scalar {
            Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?))
        } else {
            Ok(ColumnarValue::Array(array))
        }
    }

    /// Decimals can leave their precision without leaving their bits.
    fn in_range(&self, op: Op, array: &ArrayRef) -> Result<()> {
        match &self.result {
            DataType::Decimal128(p, _) => array.as_primitive::<Decimal128Type>().validate_decimal_precision(*p),
            DataType::Decimal256(p, _) => array.as_primitive::<Decimal256Type>().validate_decimal_precision(*p),
            _ => Ok(()),
        }
        .map_err(|_| self.overflow(op, ""))
    }

    fn failed(&self, op: Op, error: datafusion::common::DataFusionError) -> datafusion::common::DataFusionError {
        match Error::from(error) {
            e if e.code == Code::Overflow => self.overflow(op, e.message.trim_end_matches(" is out of range")),
            e => e.into(),
        }
    }

    fn overflow(&self, op: Op, operation: &str) -> datafusion::common::DataFusionError {
        let what = if operation.is_empty() { op.to_string() } else { operation.to_string() };
        Error::new(Code::Overflow, format!("{what} is out of range of {}", type_name(&self.result)))
            .with_hint("CAST an operand to a wider type, such as DECIMAL(38, 0) or DOUBLE")
            .into()
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
        match self.ops.as_slice() {
            [Op::Add] => "checked_add",
            [Op::Sub] => "checked_sub",
            [Op::Mul] => "checked_mul",
            [Op::Neg] => "checked_neg",
            _ => "checked_chain",
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
        self.run(&args)
    }

    // Checked sums rise with their operands, which wrapping ones do not.
    fn output_ordering(&self, inputs: &[ExprProperties]) -> Result<SortProperties> {
        let mut terms = inputs.iter().map(|p| p.sort_properties);
        let Some(first) = terms.next() else { return Ok(SortProperties::Unordered) };
        if self.ops == [Op::Neg] {
            return Ok(-first);
        }
        Ok(terms.zip(&self.ops).fold(first, |left, (right, op)| match op {
            Op::Add => left.add(&right),
            Op::Sub => left.sub(&right),
            _ => SortProperties::Unordered,
        }))
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
