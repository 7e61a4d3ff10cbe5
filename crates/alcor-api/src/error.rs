//! Every failed request ends here, so that each one has Neutron's status and error body.

use alcor_identity::IdentityError;
use alcor_managers::ApiError;
use alcor_store::{StoreError, TransactError};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// After how many seconds a client that was refused for overload does well to come back.
const RETRY_SECONDS: &str = "1";

/// Why a request was not served. Its text is the `message` of Neutron's error body.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RequestError {
    /// The request has the wrong shape: an attribute or parameter that may not be there.
    #[error("{0}")]
    BadRequest(String),
    /// An attribute or parameter is there, and its value is wrong.
    #[error("Invalid input for {attribute}. Reason: {reason}.")]
    InvalidInput {
        /// The attribute or query parameter.
        attribute: String,
        /// What is wrong with the value, and what it should be.
        reason: String,
    },
    /// The body is longer than the server reads.
    #[error("The request body is larger than {limit} bytes: split the request.")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The token is missing or unknown.
    #[error("The request needs a valid token in the X-Auth-Token header.")]
    Unauthorized,
    /// The token is valid, and its roles do not allow this.
    #[error("{0}")]
    Forbidden(String),
    /// Whether the token is valid cannot be found out.
    #[error("The identity service cannot be asked whether the token is valid: try again.")]
    Identity(#[source] IdentityError),
    /// The token is for something that is not served.
    #[error(
        "The token is scoped to no project: ask Keystone for a token of the project to work in."
    )]
    Scope,
    /// Nothing is served under this path.
    #[error("The resource could not be found.")]
    UnknownPath,
    /// The named thing does not exist, or not for this caller.
    #[error("{what} {id} could not be found.")]
    NotFound {
        /// Neutron's `type`, for example `AgentNotFound`.
        kind: &'static str,
        /// What was asked for, for example `Agent`.
        what: &'static str,
        /// The name or id that was asked for.
        id: String,
    },
    /// The path exists for other methods.
    #[error("The method is not allowed for this resource.")]
    MethodNotAllowed,
    /// As many requests as the server handles at once are in flight.
    #[error("The server is handling as many requests as it can: try again.")]
    Busy,
    /// As many changes of the project wait as one project may have waiting.
    #[error("{waiting} changes of this project wait to be written: try again when some are done.")]
    Crowded {
        /// How many wait.
        waiting: usize,
    },
    /// The request took longer than the server gives it.
    #[error("The request was not finished in {seconds} s. A write may still take effect.")]
    TimedOut {
        /// The limit in seconds.
        seconds: u64,
    },
    /// A rule of the managers refused the request.
    #[error(transparent)]
    Rule(#[from] ApiError),
    /// The store could not commit or read.
    #[error("The store could not serve the request: {0}.")]
    Store(#[from] StoreError),
    /// Stored data cannot be read: a defect or a damaged disk.
    #[error("The server met stored data that it cannot read.")]
    Damaged,
}

impl RequestError {
    /// The value of `attribute` is wrong for this `reason` (no full stop at its end).
    pub(crate) fn invalid(attribute: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::InvalidInput {
            attribute: attribute.into(),
            reason: reason.into(),
        }
    }

    /// The HTTP status.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) | Self::InvalidInput { .. } => StatusCode::BAD_REQUEST,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) | Self::Scope => StatusCode::FORBIDDEN,
            Self::UnknownPath | Self::NotFound { .. } => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Busy | Self::Crowded { .. } | Self::Identity(_) | Self::Store(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::TimedOut { .. } => StatusCode::GATEWAY_TIMEOUT,
            Self::Rule(error) => {
                StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }
            Self::Damaged => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Whether the server has too much to do, and nothing else is wrong.
    fn is_overload(&self) -> bool {
        matches!(self, Self::Busy | Self::Crowded { .. })
    }

    /// Neutron's `type`.
    fn kind(&self) -> &str {
        match self {
            Self::BadRequest(_) => "HTTPBadRequest",
            Self::InvalidInput { .. } => "InvalidInput",
            Self::TooLarge { .. } => "HTTPRequestEntityTooLarge",
            Self::Unauthorized => "HTTPUnauthorized",
            Self::Forbidden(_) => "PolicyNotAuthorized",
            Self::Scope => "InvalidScope",
            Self::UnknownPath => "HTTPNotFound",
            Self::NotFound { kind, .. } => kind,
            Self::MethodNotAllowed => "HTTPMethodNotAllowed",
            Self::Busy | Self::Crowded { .. } | Self::Identity(_) | Self::Store(_) => {
                "HTTPServiceUnavailable"
            }
            Self::TimedOut { .. } => "HTTPGatewayTimeout",
            Self::Rule(error) => error.kind(),
            Self::Damaged => "HTTPInternalServerError",
        }
    }
}

impl From<TransactError<ApiError>> for RequestError {
    fn from(error: TransactError<ApiError>) -> Self {
        match error {
            TransactError::Aborted(rule) => Self::Rule(rule),
            TransactError::Store(StoreError::Crowded { waiting, .. }) => Self::Crowded { waiting },
            TransactError::Store(store) => Self::Store(store),
        }
    }
}

impl IntoResponse for RequestError {
    fn into_response(self) -> Response {
        let status = self.status();
        if self.is_overload() {
            tracing::debug!(error = %self, "request refused");
        } else if status.is_server_error() {
            tracing::error!(error = %self, detail = ?self, "request failed");
        }
        let body = json!({
            "NeutronError": { "type": self.kind(), "message": self.to_string(), "detail": "" }
        });
        let mut response = (status, axum::Json(body)).into_response();
        if self.is_overload() {
            let headers = response.headers_mut();
            headers.insert(RETRY_AFTER, HeaderValue::from_static(RETRY_SECONDS));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alcor_store::Lane;

    #[test]
    fn a_full_lane_is_answered_by_503_and_when_to_come_again() {
        let lane = Lane::of("busy");
        let full = TransactError::Store(StoreError::Crowded { lane, waiting: 512 });
        let answer = RequestError::from(full).into_response();
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers()[RETRY_AFTER], RETRY_SECONDS);
        let answer = RequestError::from(TransactError::Store(StoreError::Closed)).into_response();
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(answer.headers().get(RETRY_AFTER).is_none());
    }
}
