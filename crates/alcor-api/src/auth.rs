//! Who is asking: nobody is checked, a token from a file of static tokens, or Keystone's.
//!
//! Identity comes from the token alone. Headers such as `X-Project-Id` or `X-Roles`, which a
//! Keystone middleware in front of Neutron would set, are never read, because any client can
//! send them.

mod token;

pub use token::{TokenFile, TokenFileError};

use crate::error::RequestError;
use crate::state::ApiState;
use alcor_identity::{IdentityError, Keystone};
use alcor_managers::{Caller, implied};
use alcor_policy::Subject;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use std::sync::{Arc, LazyLock};

/// The project that owns what is created without a project when nobody is checked.
pub const DEFAULT_PROJECT: &str = "00000000000000000000000000000001";

const TOKEN: &str = "x-auth-token";

/// The token of a service that passes on a user's request.
const SERVICE_TOKEN: &str = "x-service-token";

/// How requests are authenticated.
#[derive(Clone, Debug)]
pub enum Auth {
    /// Every request is an administrator's. For a loopback listener or a trusted proxy only.
    None,
    /// `X-Auth-Token` must hold one of these tokens.
    Token(Arc<TokenFile>),
    /// `X-Auth-Token` must hold a token that this Keystone knows.
    Keystone(Keystone),
}

impl Auth {
    /// Who sent a request with these headers.
    async fn subject(&self, headers: &HeaderMap) -> Result<Arc<Subject>, RequestError> {
        match self {
            Self::None => Ok(Arc::clone(&EVERYBODY)),
            Self::Token(tokens) => tokens
                .subject(text(headers, TOKEN)?.unwrap_or_default())
                .ok_or(RequestError::Unauthorized),
            Self::Keystone(keystone) => holder(keystone, headers).await,
        }
    }

    /// What a client without a valid token is told to do, in `WWW-Authenticate`.
    pub(crate) fn challenge(&self) -> HeaderValue {
        let fallback = HeaderValue::from_static("X-Auth-Token realm=\"alcor\"");
        let Self::Keystone(keystone) = self else {
            return fallback;
        };
        let challenge = format!("Keystone uri=\"{}\"", keystone.url());
        HeaderValue::from_str(&challenge).unwrap_or(fallback)
    }
}

/// The holder of the user's token, with the roles of the service that passes it on, if any.
async fn holder(keystone: &Keystone, headers: &HeaderMap) -> Result<Arc<Subject>, RequestError> {
    let token = text(headers, TOKEN)?.ok_or(RequestError::Unauthorized)?;
    let user = keystone.validate(token).await.map_err(refusal)?;
    let Some(token) = text(headers, SERVICE_TOKEN)? else {
        return Ok(user);
    };
    let service = keystone.validate(token).await.map_err(refusal)?;
    Ok(Arc::new(Subject {
        service_roles: service.roles.clone(),
        ..Subject::clone(&user)
    }))
}

/// A Keystone in trouble says nothing about the token, so the client must keep it.
fn refusal(error: IdentityError) -> RequestError {
    match error {
        IdentityError::Invalid => RequestError::Unauthorized,
        other => RequestError::Identity(other),
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h str>, RequestError> {
    let value = headers.get(name).map(HeaderValue::to_str);
    value.transpose().map_err(|_| RequestError::Unauthorized)
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
        let subject = state.auth.subject(&parts.headers).await?;
        let caller = Caller::new(subject, Arc::clone(&state.policy));
        if !caller.allows("token_scope", &()) {
            return Err(RequestError::Scope);
        }
        Ok(Self(caller))
    }
}
