//! Who asks, as far as rules may ask about it.

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    /// A project.
    #[default]
    Project,
    /// A domain.
    Domain,
    /// The whole system.
    System,
    /// Nothing: it only says who the user is.
    Nothing,
}

impl Scope {
    /// Its name in rules: `scope:project`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Domain => "domain",
            Self::System => "system",
            Self::Nothing => "none",
        }
    }
}

/// The facts about a caller that rules compare.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Subject {
    /// What the token is for.
    pub scope: Scope,
    /// The project, for project scope.
    pub project_id: Option<Box<str>>,
    /// The domain, for domain scope.
    pub domain_id: Option<Box<str>>,
    /// The user.
    pub user_id: Option<Box<str>>,
    /// The domain of the user.
    pub user_domain_id: Option<Box<str>>,
    /// The domain of the project.
    pub project_domain_id: Option<Box<str>>,
    /// The roles in the scope, in lower case.
    pub roles: Roles,
    /// The roles of the service that passes the request on, in lower case.
    pub service_roles: Roles,
}

/// Names of roles. Keystone compares them without regard to case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Roles(Box<[Box<str>]>);

impl Roles {
    /// Whether the role is among them; `role` is in lower case.
    pub fn has(&self, role: &str) -> bool {
        self.0.iter().any(|mine| **mine == *role)
    }
}

impl<T: AsRef<str>> FromIterator<T> for Roles {
    fn from_iter<I: IntoIterator<Item = T>>(names: I) -> Self {
        let lower = |name: T| name.as_ref().to_ascii_lowercase().into_boxed_str();
        Self(names.into_iter().map(lower).collect())
    }
}
