//! Who asks: what authentication found out, with the policy that says what follows from it.
//! Nothing of it ever comes from a URL, a body or a header that a client can write.

use alcor_policy::{Policy, Roles, Subject, Target, Verdict};
use alcor_types::ProjectId;
use std::fmt;
use std::sync::Arc;

/// The caller of one request.
#[derive(Clone)]
pub struct Caller {
    /// The project the caller works in; what it makes belongs there. Empty without one.
    pub project_id: ProjectId,
    /// The user, for logs.
    pub user_id: String,
    subject: Arc<Subject>,
    policy: Arc<Policy>,
    admin: bool,
    sees_all: bool,
}

impl Caller {
    /// The caller with these facts under this policy.
    pub fn new(subject: Arc<Subject>, policy: Arc<Policy>) -> Self {
        let is = |rule| policy.allows(rule, &subject, &()).unwrap_or(false);
        let admin = is(alcor_policy::CONTEXT_IS_ADMIN);
        let trusted = is("service_api") || is("context_is_advsvc");
        let sees_all = admin || trusted || is("context_with_global_access");
        let text = |value: &Option<Box<str>>| value.as_deref().unwrap_or_default().to_owned();
        Self {
            project_id: ProjectId::from(text(&subject.project_id)),
            user_id: text(&subject.user_id),
            subject,
            policy,
            admin,
            sees_all,
        }
    }

    /// Whether the caller is an administrator: the rule `context_is_admin`.
    pub fn is_admin(&self) -> bool {
        self.admin
    }

    /// Whether every project is open to the caller, as to administrators and services.
    pub fn sees_all(&self) -> bool {
        self.sees_all
    }

    /// Whether the caller may make things for other projects.
    pub fn may_choose_project(&self) -> bool {
        self.admin || self.allows("service_api", &()) || self.allows("context_is_advsvc", &())
    }

    /// Whether the caller may change anything at all.
    pub fn may_write(&self) -> bool {
        self.admin
            || ["member", "manager", "service"]
                .iter()
                .any(|role| self.subject.roles.has(role))
    }

    /// Whether the caller works in this project, or in all.
    pub fn owns(&self, project: &ProjectId) -> bool {
        self.sees_all || self.project_id == *project
    }

    /// Whether the policy lets the caller do this to the target. A rule that the table does not
    /// have is for administrators.
    pub fn allows(&self, rule: &str, target: &dyn Target) -> bool {
        let answer = self.policy.allows(rule, &self.subject, target);
        answer.unwrap_or(self.admin)
    }

    /// What the policy says without a target; none where it has no such rule.
    pub fn verdict(&self, rule: &str) -> Option<Verdict> {
        self.policy.verdict(rule, &self.subject)
    }

    /// The region's own administrator, in the project `admin`.
    pub fn admin() -> Self {
        Self::with_roles("admin", &ALL_ROLES)
    }

    /// A caller with these roles in a project, under Neutron's default policy. Each role is
    /// given its implied ones, as Keystone would.
    pub fn with_roles(project: &str, roles: &[&str]) -> Self {
        let subject = Subject {
            project_id: Some(project.into()),
            user_id: Some(roles.first().copied().unwrap_or("nobody").into()),
            roles: implied(roles.iter().copied()),
            ..Subject::default()
        };
        Self::new(Arc::new(subject), Policy::standard())
    }
}

const ALL_ROLES: [&str; 5] = ["admin", "manager", "member", "reader", "service"];

/// The roles with those they imply where no Keystone says so: admin implies all, manager
/// member, and member reader.
pub fn implied<'a>(roles: impl Iterator<Item = &'a str>) -> Roles {
    let given: Vec<String> = roles.map(str::to_ascii_lowercase).collect();
    let implied = given.iter().flat_map(|role| match role.as_str() {
        "admin" => ALL_ROLES.as_slice(),
        "manager" => &["member", "reader"],
        "member" => &["reader"],
        _ => &[],
    });
    given
        .iter()
        .map(String::as_str)
        .chain(implied.copied())
        .collect()
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller")
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_imply_others_and_make_the_caller() {
        let member = Caller::with_roles("p", &["Member"]);
        assert!(member.may_write() && !member.is_admin() && !member.sees_all());
        assert!(member.owns(&"p".into()) && !member.owns(&"q".into()));
        assert!(member.allows("get_availability_zone", &()));
        let reader = Caller::with_roles("p", &["reader"]);
        assert!(!reader.may_write());
        let service = Caller::with_roles("p", &["service"]);
        assert!(service.owns(&"q".into()) && !service.is_admin());
        assert!(Caller::admin().allows("a rule that nobody wrote", &()));
        assert!(!member.allows("a rule that nobody wrote", &()));
    }
}
