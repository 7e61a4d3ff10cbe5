//! The JSON-RPC 1.0 envelope (RFC 7047 section 4).

use serde_json::{Value, json};

use crate::error::DecodeError;

/// One message in either direction.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// A call that wants an answer with the same id.
    Request {
        /// Chosen by the caller; never null.
        id: Value,
        /// The method's name.
        method: String,
        /// The positional parameters.
        params: Vec<Value>,
    },
    /// A call without answer (null id), such as `update3`.
    Notification {
        /// The method's name.
        method: String,
        /// The positional parameters.
        params: Vec<Value>,
    },
    /// The answer to a request.
    Response {
        /// The id of the request.
        id: Value,
        /// The result, or the `error` member if that is not null.
        outcome: Result<Value, Value>,
    },
}

impl Message {
    /// The JSON form.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Request { id, method, params } => {
                json!({"id": id, "method": method, "params": params})
            }
            Self::Notification { method, params } => {
                json!({"id": null, "method": method, "params": params})
            }
            Self::Response {
                id,
                outcome: Ok(result),
            } => {
                json!({"id": id, "result": result, "error": null})
            }
            Self::Response {
                id,
                outcome: Err(error),
            } => {
                json!({"id": id, "result": null, "error": error})
            }
        }
    }

    /// Reads the JSON form.
    pub fn from_json(mut value: Value) -> Result<Self, DecodeError> {
        let Some(members) = value.as_object_mut() else {
            return Err(DecodeError::shape("a JSON-RPC message", &value));
        };
        let mut take = |name: &str| members.remove(name).unwrap_or(Value::Null);
        let (id, method, params) = (take("id"), take("method"), take("params"));
        let (result, error) = (take("result"), take("error"));
        match method {
            Value::Null => response(id, result, error),
            Value::String(method) => call(id, method, params),
            other => Err(DecodeError::shape("a method name", &other)),
        }
    }
}

fn response(id: Value, result: Value, error: Value) -> Result<Message, DecodeError> {
    if id.is_null() {
        return Err(DecodeError::shape("the id of a response", &id));
    }
    let outcome = if error.is_null() {
        Ok(result)
    } else {
        Err(error)
    };
    Ok(Message::Response { id, outcome })
}

fn call(id: Value, method: String, params: Value) -> Result<Message, DecodeError> {
    let Value::Array(params) = params else {
        return Err(DecodeError::shape("an array of parameters", &params));
    };
    if id.is_null() {
        return Ok(Message::Notification { method, params });
    }
    Ok(Message::Request { id, method, params })
}
