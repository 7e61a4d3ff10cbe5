//! What Keystone's API says, as far as it matters here.

use crate::config::Credentials;
use alcor_policy::{Scope, Subject};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

/// `{"token": {...}}`.
#[derive(Deserialize)]
pub(crate) struct Envelope {
    /// The token.
    pub(crate) token: Token,
}

/// A token's facts.
#[derive(Deserialize)]
pub(crate) struct Token {
    /// When it ends by itself.
    pub(crate) expires_at: Timestamp,
    /// What services there are, for the region's own token.
    #[serde(default)]
    pub(crate) catalog: Vec<Service>,
    user: User,
    project: Option<Owned>,
    domain: Option<Named>,
    system: Option<System>,
    #[serde(default)]
    roles: Vec<Role>,
}

#[derive(Deserialize)]
struct User {
    id: String,
    domain: Option<Named>,
}

#[derive(Deserialize)]
struct Owned {
    id: String,
    domain: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

#[derive(Deserialize)]
struct System {
    #[serde(default)]
    all: bool,
}

#[derive(Deserialize)]
struct Role {
    name: String,
}

/// A service of the catalogue.
#[derive(Deserialize)]
pub(crate) struct Service {
    /// `compute`, `network`, ...
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// Where it is.
    #[serde(default)]
    pub(crate) endpoints: Vec<Endpoint>,
}

/// An address of a service.
#[derive(Deserialize)]
pub(crate) struct Endpoint {
    /// `public`, `internal` or `admin`.
    pub(crate) interface: String,
    /// The region.
    pub(crate) region_id: Option<String>,
    /// The address.
    pub(crate) url: String,
}

impl Token {
    /// Who holds the token.
    pub(crate) fn subject(&self) -> Subject {
        let boxed = |id: &str| Box::<str>::from(id);
        let domain = |named: &Option<Named>| named.as_ref().map(|named| boxed(&named.id));
        let project = self.project.as_ref();
        Subject {
            scope: self.scope(),
            project_id: project.map(|project| boxed(&project.id)),
            domain_id: domain(&self.domain),
            user_id: Some(boxed(&self.user.id)),
            user_domain_id: domain(&self.user.domain),
            project_domain_id: project.and_then(|project| domain(&project.domain)),
            roles: self.roles.iter().map(|role| &role.name).collect(),
            ..Subject::default()
        }
    }

    fn scope(&self) -> Scope {
        let system = self.system.as_ref().is_some_and(|system| system.all);
        match (&self.project, &self.domain, system) {
            (Some(_), ..) => Scope::Project,
            (None, Some(_), _) => Scope::Domain,
            (None, None, true) => Scope::System,
            (None, None, false) => Scope::Nothing,
        }
    }
}

/// The body that asks for the region's own token.
pub(crate) fn authentication(credentials: &Credentials) -> Value {
    match credentials {
        Credentials::Password {
            user,
            user_domain,
            project,
            project_domain,
            password,
        } => json!({ "auth": {
            "identity": {
                "methods": ["password"],
                "password": { "user": {
                    "name": user,
                    "domain": { "name": user_domain },
                    "password": password.expose(),
                }},
            },
            "scope": { "project": {
                "name": project,
                "domain": { "name": project_domain },
            }},
        }}),
        Credentials::Application { id, secret } => json!({ "auth": {
            "identity": {
                "methods": ["application_credential"],
                "application_credential": { "id": id, "secret": secret.expose() },
            },
        }}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(rest: &str) -> Subject {
        let text = format!(
            r#"{{"token": {{"expires_at": "2030-01-02T03:04:05.000000Z",
                "user": {{"id": "u", "name": "n", "domain": {{"id": "d", "name": "D"}}}}{rest}}}}}"#
        );
        let envelope: Envelope = serde_json::from_str(&text).unwrap();
        envelope.token.subject()
    }

    #[test]
    fn scopes_are_told_apart() {
        let project = subject(
            r#", "project": {"id": "p", "domain": {"id": "e"}}, "roles": [{"name": "Member"}]"#,
        );
        assert_eq!(project.scope, Scope::Project);
        assert_eq!(project.project_id.as_deref(), Some("p"));
        assert_eq!(project.project_domain_id.as_deref(), Some("e"));
        assert!(project.roles.has("member"));
        assert_eq!(subject(r#", "domain": {"id": "x"}"#).scope, Scope::Domain);
        assert_eq!(subject(r#", "system": {"all": true}"#).scope, Scope::System);
        let bare = subject("");
        assert_eq!((bare.scope, bare.project_id), (Scope::Nothing, None));
        assert_eq!(bare.user_domain_id.as_deref(), Some("d"));
    }
}
