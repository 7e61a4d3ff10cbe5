//! Read, plan, test and change: the way in which anything is ensured.

use crate::clause::{Mutation, Mutator};
use crate::connection::Connection;
use crate::error::{DecodeError, Error};
use crate::operation::Operation;
use crate::reply::OpResult;
use crate::row::Row;
use crate::vswitch::DATABASE;

/// How often a change is planned anew because somebody else was faster.
const ATTEMPTS: u32 = 10;

/// What ensuring something did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It was as asked for.
    Unchanged,
    /// It existed and was corrected.
    Corrected,
    /// It was created.
    Created,
}

/// The outcome of ensuring something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ensured {
    /// What was done.
    pub effect: Effect,
    /// The value of `next_cfg` that stands for this configuration; hand it to
    /// [`Vswitch::applied`](crate::vswitch::Vswitch::applied).
    pub cfg: i64,
}

/// The change that a plan asks for: operations that begin with tests of what was read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) effect: Effect,
    pub(crate) operations: Vec<Operation>,
}

impl Plan {
    /// Nothing is to be done.
    pub(crate) fn nothing() -> Self {
        Self {
            effect: Effect::Unchanged,
            operations: vec![],
        }
    }
}

/// Something that can be ensured; pure, so that it can be tested without a database.
pub(crate) trait Goal {
    /// What it is, for errors and for the remark in the database's log.
    fn describe(&self) -> String;

    /// What must be known before planning.
    fn reads(&self) -> Vec<Operation>;

    /// The operations that lead to the goal; `found` holds the rows of each read.
    fn plan(&self, found: &[&[Row]]) -> Result<Plan, Error>;
}

/// Brings the database to the goal.
pub(crate) async fn ensure(connection: &Connection, goal: &impl Goal) -> Result<Ensured, Error> {
    for _ in 0..ATTEMPTS {
        match attempt(connection, goal).await {
            Err(error) if error.is_unmet_wait() => {
                tracing::debug!(goal = goal.describe(), "configuration changed under us");
            }
            outcome => return outcome,
        }
    }
    Err(Error::Contended {
        what: goal.describe(),
        attempts: ATTEMPTS,
    })
}

async fn attempt(connection: &Connection, goal: &impl Goal) -> Result<Ensured, Error> {
    let mut reads = vec![select_next_cfg()];
    reads.extend(goal.reads());
    let results = connection.transact(DATABASE, &reads).await?;
    let found: Vec<_> = results.iter().map(OpResult::rows).collect();
    let cfg = next_cfg(found[0])?;
    let plan = goal.plan(&found[1..])?;
    if plan.effect == Effect::Unchanged {
        return Ok(Ensured {
            effect: plan.effect,
            cfg,
        });
    }
    let mut operations = plan.operations;
    operations.push(Operation::mutate(
        "Open_vSwitch",
        vec![],
        vec![Mutation::new("next_cfg", Mutator::Add, 1)],
    ));
    operations.push(Operation::Comment(format!("alcor: {}", goal.describe())));
    operations.push(select_next_cfg());
    let results = connection.transact(DATABASE, &operations).await?;
    let cfg = next_cfg(results.last().map_or(&[], OpResult::rows))?;
    tracing::info!(goal = goal.describe(), effect = ?plan.effect, cfg, "open vswitch configured");
    Ok(Ensured {
        effect: plan.effect,
        cfg,
    })
}

fn select_next_cfg() -> Operation {
    Operation::select("Open_vSwitch", vec![], &["next_cfg"])
}

fn next_cfg(rows: &[Row]) -> Result<i64, Error> {
    let [root] = rows else {
        let advice = "the Open_vSwitch table is empty; run `ovs-vsctl --no-wait init` once";
        return Err(Error::Conflict(advice.to_owned()));
    };
    let unexpected = DecodeError::Shape {
        expected: "an integer next_cfg",
        got: "something else",
    };
    root.integer("next_cfg").ok_or(unexpected.into())
}
