//! FROM clauses of two tables, and runs.

use datafusion::common::{JoinType, NullEquality, ScalarValue};
use datafusion::logical_expr::{Expr, Join, LogicalPlan, Operator};

use super::block::{Block, names};
use super::call::direction;
use super::expr::Printer;
use super::name::identifier;
use super::nested::holds_query;
use super::plan::{Plans, unsupported};
use crate::error::{Error, Result};
use crate::order::{MARK, is_hidden};
use crate::plan::asof::Direction;
use crate::plan::{AsofNode, LinkNode, RunsNode, order_of};

/// Two relations side by side: their texts, and their columns by qualified names.
struct Sides {
    left: String,
    right: String,
    left_block: Block,
    right_block: Block,
    /// Is the left side in the order of its rows?
    sequenced: bool,
}

const QUALIFIED: Printer = Printer { reads: false, qualify: true };

impl Sides {
    fn pairs(&self, on: &[(Expr, Expr)], plans: (&LogicalPlan, &LogicalPlan), op: Operator) -> Result<Vec<String>> {
        on.iter()
            .map(|(l, r)| {
                let (l, r) = (self.left_block.resolve(l, plans.0)?, self.right_block.resolve(r, plans.1)?);
                Ok(QUALIFIED.equality(&l, op, &r))
            })
            .collect()
    }

    /// The block of both tables' columns.
    fn block(self, from: String, plan: &LogicalPlan) -> Block {
        let mut block = Block { sequenced: self.sequenced, ..Block::from(from, vec![]) };
        let exprs = self.left_block.columns.into_iter().chain(self.right_block.columns).map(|(e, _)| e);
        block.columns = exprs.zip(names(plan)).collect();
        block.several = true;
        block
    }
}

impl Plans {
    fn sides(&mut self, left: &LogicalPlan, right: &LogicalPlan, half: bool) -> Result<Sides> {
        let block = |columns: Vec<Expr>| {
            let mut block = Block::from(String::new(), vec![]);
            block.columns = columns.into_iter().map(|e| (e, String::new())).collect();
            block
        };
        let left_plan = left;
        let left = self.relation(left_plan)?;
        let right = match right {
            // LATERAL: the right side reads columns of the left one.
            LogicalPlan::SubqueryAlias(alias) => match alias.input.as_ref() {
                LogicalPlan::Subquery(inner) => self.lateral(inner, left_plan, &left.columns)?,
                _ => self.relation(right)?,
            },
            LogicalPlan::Subquery(inner) => self.lateral(inner, left_plan, &left.columns)?,
            _ if half => self.unasked(|plans| plans.relation(right))?,
            _ => self.relation(right)?,
        };
        Ok(Sides {
            left: left.text,
            right: right.text,
            left_block: block(left.columns),
            right_block: block(right.columns),
            sequenced: left.sequenced,
        })
    }

    pub(super) fn link(&mut self, plan: &LogicalPlan, link: &LinkNode) -> Result<Block> {
        let sides = self.sides(&link.left, &link.target, false)?;
        let on = sides.pairs(&link.on, (&link.left, &link.target), Operator::Eq)?.join(" AND ");
        let from = format!("{} {} LINK {} ON {on}", sides.left, link.link_type.keyword(), sides.right);
        Ok(sides.block(from, plan))
    }

    pub(super) fn asof(&mut self, plan: &LogicalPlan, asof: &AsofNode) -> Result<Block> {
        let c = &asof.condition;
        let sides = self.sides(&asof.left, &asof.right, false)?;
        if !c.keeps_left {
            return self.inner_asof(plan, asof, sides);
        }
        let op = comparison(c.direction);
        let times = [(c.left_time.clone(), c.right_time.clone())];
        let times = sides.pairs(&times, (&asof.left, &asof.right), op)?.join("");
        let mut from = format!("{} ASOF JOIN {} MATCH_CONDITION ({times})", sides.left, sides.right);
        let on = sides.pairs(&c.on, (&asof.left, &asof.right), Operator::Eq)?;
        if !on.is_empty() {
            from.push_str(&format!(" ON {}", on.join(" AND ")));
        }
        if let Some(tolerance) = &c.tolerance {
            from.push_str(&format!(" TOLERANCE {}", QUALIFIED.print(tolerance)));
        }
        if c.direction == Direction::Nearest {
            from.push_str(" NEAREST");
        }
        Ok(sides.block(from, plan))
    }

    /// Only DuckDB's spelling drops the left rows that have no match.
    fn inner_asof(&self, plan: &LogicalPlan, asof: &AsofNode, sides: Sides) -> Result<Block> {
        let c = &asof.condition;
        if c.direction == Direction::Nearest || c.tolerance.is_some() {
            return Err(unsupported(plan));
        }
        let times = [(c.left_time.clone(), c.right_time.clone())];
        let mut on = sides.pairs(&c.on, (&asof.left, &asof.right), Operator::Eq)?;
        on.extend(sides.pairs(&times, (&asof.left, &asof.right), comparison(c.direction))?);
        let from = format!("{} ASOF JOIN {} ON {}", sides.left, sides.right, on.join(" AND "));
        Ok(sides.block(from, plan))
    }

    pub(super) fn join(&mut self, plan: &LogicalPlan, join: &Join) -> Result<Block> {
        let words = match join.join_type {
            JoinType::Inner => "JOIN",
            JoinType::Left => "LEFT JOIN",
            JoinType::Right => "RIGHT JOIN",
            JoinType::Full => "FULL JOIN",
            JoinType::LeftSemi => "LEFT SEMI JOIN",
            JoinType::LeftAnti => "LEFT ANTI JOIN",
            JoinType::RightSemi => "RIGHT SEMI JOIN",
            JoinType::RightAnti => "RIGHT ANTI JOIN",
            _ => return Err(unsupported(plan)),
        };
        // What a semi join only looks into comes in no order.
        let half = !matches!(join.join_type, JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full);
        let mut sides = self.sides(&join.left, &join.right, half)?;
        let op = match join.null_equality {
            NullEquality::NullEqualsNull => Operator::IsNotDistinctFrom,
            NullEquality::NullEqualsNothing => Operator::Eq,
        };
        if join.on.iter().any(|(l, r)| holds_query(l) || holds_query(r)) {
            return Err(unsupported(plan));
        }
        let mut on = sides.pairs(&join.on, (&join.left, &join.right), op)?;
        if let Some(filter) = &join.filter {
            // A condition over both sides: the sides' columns have names of their own.
            let both = Block {
                columns: [sides.left_block.columns.clone(), sides.right_block.columns.clone()].concat(),
                ..Block::from(String::new(), vec![])
            };
            let schema = join.left.schema().join(join.right.schema()).map_err(Error::from)?;
            let filter = both.resolve_in(filter, &schema)?;
            on.push(QUALIFIED.condition(&self.written(filter, &both, plan)?));
        }
        let from = if on.is_empty() {
            format!("{} CROSS JOIN {}", sides.left, sides.right)
        } else {
            format!("{} {words} {} ON {}", sides.left, sides.right, on.join(" AND "))
        };
        match join.join_type {
            JoinType::LeftSemi | JoinType::LeftAnti => sides.right_block.columns = vec![],
            JoinType::RightSemi | JoinType::RightAnti => {
                sides.left_block.columns = vec![];
                sides.sequenced = false;
            }
            _ => sides.sequenced = false,
        }
        Ok(sides.block(from, plan))
    }

    /// Runs as a column: where keys and partition change, or the condition holds.
    ///
    /// The partition becomes a part of the order, so that the runs are numbered over
    /// the whole table; what is computed from then on names the run itself.
    pub(super) fn runs(&mut self, plan: &LogicalPlan, runs: &RunsNode) -> Result<Block> {
        let input = &runs.input;
        let order = order_of(input).ok_or_else(|| unsupported(plan))?;
        let mut block = self.block(input)?;
        if block.closed() || block.group.is_some() {
            block = self.nest(block, input);
        }
        let own = names(input);
        for (column, name) in block.columns.iter_mut().zip(&own) {
            column.1.clone_from(name);
        }
        let mut helpers = Helpers { block, input, taken: own.clone() };
        let mut keys = order.partition.iter().map(|e| helpers.key(e, "part")).collect::<Result<Vec<_>>>()?;
        let mut sorts = vec![];
        for k in &order.keys {
            sorts.push(format!("{}{}", helpers.key(&k.expr, "key")?, direction(k)));
        }
        let added = helpers.taken.iter().skip(own.len()).map(|n| identifier(n)).collect();
        let order = Sorts { partition: keys.clone(), keys: sorts, helpers: added };
        for e in &runs.by {
            keys.push(helpers.add(e, "by")?);
        }
        let when = runs.when.as_ref().map(|e| helpers.add(e, "when")).transpose()?;
        let number = match (keys.is_empty(), when) {
            (false, None) => format!("RUN_ID({})", keys.join(", ")),
            (true, Some(when)) => format!("RUN_ID_WHEN({when})"),
            (_, Some(when)) => format!("RUN_ID_WHEN({when} OR DIFF(RUN_ID({})) <> 0)", keys.join(", ")),
            (true, None) => "RUN_ID(TRUE)".to_string(),
        };
        Ok(self.numbered_runs(helpers.block, plan, &own, &number, &order))
    }

    /// The rows with the number of their run; the order travels along, the helpers do not.
    fn numbered_runs(
        &mut self,
        mut block: Block,
        plan: &LogicalPlan,
        own: &[String],
        number: &str,
        order: &Sorts,
    ) -> Block {
        // Window calls that the keys were made of are nobody's columns.
        let inner: Vec<bool> = plan.schema().fields().iter().take(own.len()).map(|f| computed(f.name())).collect();
        let mut at = inner.iter();
        block.columns.retain(|_| !at.next().copied().unwrap_or(false));
        let run = names(plan).pop().unwrap_or_default();
        let kept: Vec<String> =
            own.iter().zip(&inner).filter(|(_, hidden)| !**hidden).map(|(n, _)| n.clone()).collect();
        let mut list: Vec<String> = kept.iter().map(|n| identifier(n)).collect();
        list.push(format!("{number} AS {}", identifier(&run)));
        if !order.partition.is_empty() {
            list.extend(order.helpers.iter().cloned());
        }
        let from = format!("({}) AS {}", block.text(), self.alias());
        let text = format!("SELECT {} FROM {from}{}", list.join(", "), order.whole());
        let names = kept.into_iter().chain([run.clone()]).collect();
        let mut outer = Block::from(format!("({text}) AS {}", self.alias()), names);
        if !order.partition.is_empty() {
            outer.star = vec![];
            outer.ordered = Some(order.partitioned(&run));
        }
        let mut shown = std::mem::take(&mut outer.columns).into_iter();
        let nothing = || (Expr::Literal(ScalarValue::Null, None), String::new());
        let mut columns: Vec<(Expr, String)> = vec![];
        for hidden in inner {
            columns.push(if hidden { nothing() } else { shown.next().unwrap_or_else(nothing) });
        }
        columns.extend(shown);
        outer.columns = columns;
        outer
    }
}

/// Is it the name of a window call, rather than one of a column or a key?
fn computed(name: &str) -> bool {
    name.contains(MARK) && !is_hidden(name)
}

/// The order of rows whose runs are numbered, as text.
struct Sorts {
    partition: Vec<String>,
    keys: Vec<String>,
    /// Columns that were added for it.
    helpers: Vec<String>,
}

impl Sorts {
    /// One order over the whole table.
    fn whole(&self) -> String {
        let all = [self.partition.as_slice(), &self.keys].concat();
        if all.is_empty() { String::new() } else { format!(" ORDERED BY {}", all.join(", ")) }
    }

    /// The order as it was, for what restarts at the partition; without keys by the number of the run.
    fn partitioned(&self, run: &str) -> String {
        let keys = if self.keys.is_empty() { identifier(run) } else { self.keys.join(", ") };
        format!("{keys} PARTITION BY {}", self.partition.join(", "))
    }
}

/// A block that gets columns for the keys of runs after its own.
struct Helpers<'a> {
    block: Block,
    input: &'a LogicalPlan,
    taken: Vec<String>,
}

impl Helpers<'_> {
    /// A key of the order: a column under its own name, where it is one that is printed.
    fn key(&mut self, expr: &Expr, stem: &str) -> Result<String> {
        if let Expr::Column(column) = expr
            && !is_hidden(&column.name)
            && let Some(name) = self.input.schema().maybe_index_of_column(column).and_then(|i| self.taken.get(i))
        {
            return Ok(identifier(name));
        }
        self.add(expr, stem)
    }

    /// Adds an expression over the input; resolving looks at the input's columns alone.
    fn add(&mut self, expr: &Expr, stem: &str) -> Result<String> {
        let mut name = format!("__{stem}");
        while self.taken.contains(&name) {
            name.push('_');
        }
        let expr = self.block.resolve(expr, self.input)?;
        self.block.columns.push((expr, name.clone()));
        self.taken.push(name.clone());
        Ok(identifier(&name))
    }
}

/// How the moments of both sides compare.
fn comparison(direction: Direction) -> Operator {
    match direction {
        Direction::AtOrBefore | Direction::Nearest => Operator::GtEq,
        Direction::Before => Operator::Gt,
        Direction::AtOrAfter => Operator::LtEq,
        Direction::After => Operator::Lt,
    }
}
