//! Who is asking: nobody is checked, or a token from a file of static tokens.
//!
//! Identity comes from the token alone. Headers such as `X-Project-Id` or `X-Roles`, which a
//! Keystone middleware in front of Neutron would set, are never read, because any client can
//! send them.

mod token;

pub use token::{TokenFile, TokenFileError};

use crate::error::RequestError;
use crate::state::ApiState;
use alcor_managers::Caller;
use alcor_types::ProjectId;
use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use std::sync::Arc;

/// The project that owns what is created without a project when nobody is checked.
pub const DEFAULT_PROJECT: &str = "00000000000000000000000000000001";

/// How requests are authenticated.
#[derive(Clone, Debug)]
pub enum Auth {
    /// Every request is an administrator's. For a loopback listener or a trusted proxy only.
    None,
    /// `X-Auth-Token` must hold one of these tokens.
    Token(Arc<TokenFile>),
}

impl Auth {
    /// Who sent a request with these headers; none when it has no valid token.
    pub(crate) fn caller(&self, headers: &HeaderMap) -> Option<Caller> {
        match self {
            Self::None => {
                let mut caller = Caller::admin();
                caller.project_id = ProjectId::from(DEFAULT_PROJECT);
                Some(caller)
            }
            Self::Token(tokens) => tokens.caller(headers.get("x-auth-token")?.to_str().ok()?),
        }
    }
}

/// The caller of a request, as an argument of its handler: a handler cannot forget to ask.
pub(crate) struct Who(pub(crate) Caller);

impl FromRequestParts<ApiState> for Who {
    type Rejection = RequestError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, RequestError> {
        let caller = state.auth.caller(&parts.headers);
        caller.map(Self).ok_or(RequestError::Unauthorized)
    }
}
