//! Who is asking: nobody is checked, a token from a file of static tokens, or Keystone's.
//!
//! Identity comes from the token alone. Headers such as `X-Project-Id` or `X-Roles`, which a
//! Keystone middleware in front of Neutron would set, are never read, because any client can
//! send them.

mod token;

pub use token::{TokenFile, TokenFileError};

use crate::error::RequestError;
use crate::state::ApiState;
use alcor_managers::{Caller, implied};
use alcor_policy::Subject;
use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use std::sync::{Arc, LazyLock};

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
    /// Who sent a request with these headers.
    fn subject(&self, headers: &HeaderMap) -> Result<Arc<Subject>, RequestError> {
        match self {
            Self::None => Ok(Arc::clone(&EVERYBODY)),
            Self::Token(tokens) => headers
                .get("x-auth-token")
                .and_then(|token| tokens.subject(token.to_str().ok()?))
                .ok_or(RequestError::Unauthorized),
        }
    }
}

static EVERYBODY: LazyLock<Arc<Subject>> = LazyLock::new(|| {
    Arc::new(Subject {
        project_id: Some(DEFAULT_PROJECT.into()),
        user_id: Some("admin".into()),
        roles: implied(["admin"].into_iter()),
        ..Subject::default()
    })
});

/// The caller of a request, as an argument of its handler: a handler cannot forget to ask.
pub(crate) struct Who(pub(crate) Caller);

impl FromRequestParts<ApiState> for Who {
    type Rejection = RequestError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, RequestError> {
        let subject = state.auth.subject(&parts.headers)?;
        let caller = Caller::new(subject, Arc::clone(&state.policy));
        if !caller.allows("token_scope", &()) {
            return Err(RequestError::Scope);
        }
        Ok(Self(caller))
    }
}
