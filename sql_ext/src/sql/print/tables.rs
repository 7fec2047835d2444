//! FROM clauses of two tables, and runs.

use datafusion::common::{JoinType, NullEquality};
use datafusion::logical_expr::{Expr, Join, LogicalPlan};

use super::block::{Block, names};
use super::expr::Printer;
use super::name::identifier;
use super::plan::{Plans, unsupported};
use crate::error::{Error, Result};
use crate::plan::asof::Direction;
use crate::plan::{AsofNode, LinkNode, RunsNode, order_of};

/// Two relations side by side: their texts, and their columns by qualified names.
struct Sides {
    left: String,
    right: String,
    left_block: Block,
    right_block: Block,
}

const QUALIFIED: Printer = Printer { reads: false, qualify: true };

impl Sides {
    fn pairs(&self, on: &[(Expr, Expr)], plans: (&LogicalPlan, &LogicalPlan), symbol: &str) -> Result<Vec<String>> {
        on.iter()
            .map(|(l, r)| {
                let (l, r) = (self.left_block.resolve(l, plans.0)?, self.right_block.resolve(r, plans.1)?);
                Ok(format!("{} {symbol} {}", QUALIFIED.tight(&l), QUALIFIED.tight(&r)))
            })
            .collect()
    }

    /// The block of both tables' columns.
    fn block(self, from: String, plan: &LogicalPlan) -> Block {
        let mut block = Block::from(from, vec![]);
        let exprs = self.left_block.columns.into_iter().chain(self.right_block.columns).map(|(e, _)| e);
        block.columns = exprs.zip(names(plan)).collect();
        block.several = true;
        block
    }
}

impl Plans {
    fn sides(&mut self, left: &LogicalPlan, right: &LogicalPlan) -> Result<Sides> {
        let (left_text, _, left_columns) = self.relation(left)?;
        let (right_text, _, right_columns) = self.relation(right)?;
        let block = |columns: Vec<Expr>| {
            let mut block = Block::from(String::new(), vec![]);
            block.columns = columns.into_iter().map(|e| (e, String::new())).collect();
            block
        };
        Ok(Sides { left: left_text, right: right_text, left_block: block(left_columns), right_block: block(right_columns) })
    }

    pub(super) fn link(&mut self, plan: &LogicalPlan, link: &LinkNode) -> Result<Block> {
        let sides = self.sides(&link.left, &link.target)?;
        let on = sides.pairs(&link.on, (&link.left, &link.target), "=")?.join(" AND ");
        let from = format!("{} {} LINK {} ON {on}", sides.left, link.link_type.keyword(), sides.right);
        Ok(sides.block(from, plan))
    }

    pub(super) fn asof(&mut self, plan: &LogicalPlan, asof: &AsofNode) -> Result<Block> {
        let c = &asof.condition;
        if !c.keeps_left {
            return Err(unsupported(plan));
        }
        let sides = self.sides(&asof.left, &asof.right)?;
        let symbol = if c.direction == Direction::Nearest { ">=" } else { c.direction.symbol() };
        let times = [(c.left_time.clone(), c.right_time.clone())];
        let times = sides.pairs(&times, (&asof.left, &asof.right), symbol)?.join("");
        let mut from = format!("{} ASOF JOIN {} MATCH_CONDITION ({times})", sides.left, sides.right);
        let on = sides.pairs(&c.on, (&asof.left, &asof.right), "=")?;
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

    pub(super) fn join(&mut self, plan: &LogicalPlan, join: &Join) -> Result<Block> {
        let words = match join.join_type {
            JoinType::Inner => "JOIN",
            JoinType::Left => "LEFT JOIN",
            JoinType::Right => "RIGHT JOIN",
            JoinType::Full => "FULL JOIN",
            JoinType::LeftSemi => "LEFT SEMI JOIN",
            JoinType::LeftAnti => "LEFT ANTI JOIN",
            _ => return Err(unsupported(plan)),
        };
        let mut sides = self.sides(&join.left, &join.right)?;
        let symbol = if join.null_equality == NullEquality::NullEqualsNull { "IS NOT DISTINCT FROM" } else { "=" };
        let mut on = sides.pairs(&join.on, (&join.left, &join.right), symbol)?;
        if let Some(filter) = &join.filter {
            // A condition over both sides: the sides' columns have names of their own.
            let both = Block { columns: [sides.left_block.columns.clone(), sides.right_block.columns.clone()].concat(), ..Block::from(String::new(), vec![]) };
            let schema = join.left.schema().join(join.right.schema()).map_err(Error::from)?;
            on.push(QUALIFIED.tight(&both.resolve_in(filter, &schema)?));
        }
        let from = if on.is_empty() {
            format!("{} CROSS JOIN {}", sides.left, sides.right)
        } else {
            format!("{} {words} {} ON {}", sides.left, sides.right, on.join(" AND "))
        };
        if matches!(join.join_type, JoinType::LeftSemi | JoinType::LeftAnti) {
            sides.right_block.columns = vec![];
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
        let mut columns = own.clone();
        let mut add = |block: &mut Block, e: &Expr, stem: &str| -> Result<String> {
            let mut name = format!("__{stem}");
            while columns.contains(&name) {
                name.push('_');
            }
            let e = block.resolve(e, input)?;
            block.columns.push((e, name.clone()));
            columns.push(name.clone());
            Ok(identifier(&name))
        };
        // Resolving looks at the input's columns alone: what is added comes after them.
        let mut keys = vec![];
        let mut sorts = vec![];
        for e in &order.partition {
            keys.push(add(&mut block, e, "part")?);
        }
        sorts.extend(keys.iter().cloned());
        for k in &order.keys {
            let name = add(&mut block, &k.expr, "key")?;
            let direction = if k.asc { "" } else { " DESC" };
            let nulls = if k.nulls_first == k.asc { if k.nulls_first { " NULLS FIRST" } else { " NULLS LAST" } } else { "" };
            sorts.push(format!("{name}{direction}{nulls}"));
        }
        for e in &runs.by {
            keys.push(add(&mut block, e, "by")?);
        }
        let when = runs.when.as_ref().map(|e| add(&mut block, e, "when")).transpose()?;
        let number = match (keys.is_empty(), when) {
            (false, None) => format!("RUN_ID({})", keys.join(", ")),
            (true, Some(when)) => format!("RUN_ID_WHEN({when})"),
            (_, Some(when)) => format!("RUN_ID_WHEN({when} OR DIFF(RUN_ID({})) <> 0)", keys.join(", ")),
            (true, None) => "RUN_ID(TRUE)".to_string(),
        };
        let text = block.text();
        let ordered = if sorts.is_empty() { String::new() } else { format!(" ORDERED BY {}", sorts.join(", ")) };
        let names = names(plan);
        let run = names.last().cloned().unwrap_or_default();
        let kept: Vec<String> = own.iter().map(|n| identifier(n)).collect();
        // The order travels with the rows, the helpers do not.
        let text = format!("SELECT {}, {number} AS {} FROM ({text}) AS {}{ordered}", kept.join(", "), identifier(&run), self.alias());
        Ok(Block::from(format!("({text}) AS {}", self.alias()), names))
    }
}
