//! The answer to a transaction: one result per operation, or the operation that failed.

use serde_json::Value;
use uuid::Uuid;

use crate::error::{DecodeError, Error};
use crate::operation::Operation;
use crate::row::Row;
use crate::value::Atom;

/// What one operation gave back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpResult {
    /// `insert`: the identity of the new row.
    Inserted(Uuid),
    /// `select`: the rows.
    Rows(Vec<Row>),
    /// `update`, `mutate`, `delete`: how many rows were touched.
    Count(u64),
    /// `wait`, `comment`: nothing to say.
    Done,
}

impl OpResult {
    /// The rows of a `select`; none for any other operation.
    pub fn rows(&self) -> &[Row] {
        match self {
            Self::Rows(rows) => rows,
            Self::Inserted(_) | Self::Count(_) | Self::Done => &[],
        }
    }
}

/// Reads the result array of a `transact` (RFC 7047 section 4.1.3).
///
/// An error of any operation, or of the commit itself, becomes [`Error::Transaction`].
pub fn decode_results(operations: &[Operation], result: &Value) -> Result<Vec<OpResult>, Error> {
    let results = result
        .as_array()
        .ok_or_else(|| DecodeError::shape("an array", result))?;
    if let Some(index) = results
        .iter()
        .position(|result| result.get("error").is_some())
    {
        return Err(failure(operations, index, &results[index]));
    }
    if results.len() < operations.len() {
        let (expected, got) = (operations.len(), results.len());
        return Err(DecodeError::ResultCount { expected, got }.into());
    }
    let pairs = operations.iter().zip(results);
    let decoded: Result<_, DecodeError> =
        pairs.map(|(op, result)| decode_one(op, result)).collect();
    Ok(decoded?)
}

fn failure(operations: &[Operation], index: usize, result: &Value) -> Error {
    let member = |name: &str| {
        result
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let operation = operations
        .get(index)
        .map_or_else(|| "commit".to_owned(), ToString::to_string);
    Error::Transaction {
        index,
        operation,
        error: member("error"),
        details: member("details"),
    }
}

fn decode_one(operation: &Operation, result: &Value) -> Result<OpResult, DecodeError> {
    let member = |name: &str| result.get(name).unwrap_or(&Value::Null);
    match operation {
        Operation::Insert { .. } => match Atom::from_json(member("uuid"))? {
            Atom::Uuid(uuid) => Ok(OpResult::Inserted(uuid)),
            _ => Err(DecodeError::shape(
                "the UUID of the new row",
                member("uuid"),
            )),
        },
        Operation::Select { .. } => {
            let rows = member("rows");
            let rows = rows
                .as_array()
                .ok_or_else(|| DecodeError::shape("an array of rows", rows))?;
            rows.iter()
                .map(Row::from_json)
                .collect::<Result<_, _>>()
                .map(OpResult::Rows)
        }
        Operation::Update { .. } | Operation::Mutate { .. } | Operation::Delete { .. } => {
            let count = member("count");
            let touched = count
                .as_u64()
                .ok_or_else(|| DecodeError::shape("a row count", count))?;
            Ok(OpResult::Count(touched))
        }
        Operation::Wait(_) | Operation::Comment(_) | Operation::Abort => Ok(OpResult::Done),
    }
}
