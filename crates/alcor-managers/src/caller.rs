//! Who asks: the rules decide by project and role, never by what stands in a URL.

use alcor_types::ProjectId;

/// The roles of a caller in the project the token is scoped to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Roles {
    /// May do everything, in every project.
    pub admin: bool,
    /// May read and write what the own project holds.
    pub member: bool,
    /// May read what the own project holds.
    pub reader: bool,
}

impl Roles {
    /// The roles by the names Keystone gives them; names without a meaning here are passed over.
    pub fn from_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        names.into_iter().fold(Self::default(), |roles, name| {
            match name.to_ascii_lowercase().as_str() {
                "admin" => Self {
                    admin: true,
                    ..roles
                },
                "member" | "_member_" | "service" => Self {
                    member: true,
                    ..roles
                },
                "reader" => Self {
                    reader: true,
                    ..roles
                },
                _ => roles,
            }
        })
    }
}

/// The caller of one request, as authentication established it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The project the caller works in; what it makes belongs there.
    pub project_id: ProjectId,
    /// The user, for logs.
    pub user_id: String,
    /// What it may do.
    pub roles: Roles,
}

impl Caller {
    /// Whether every project is open to the caller.
    pub fn is_admin(&self) -> bool {
        self.roles.admin
    }

    /// Whether the caller may change anything at all.
    pub fn may_write(&self) -> bool {
        self.roles.admin || self.roles.member
    }

    /// Whether the caller works in this project, or in all.
    pub fn owns(&self, project: &ProjectId) -> bool {
        self.is_admin() || self.project_id == *project
    }

    /// The region's own administrator, in the project `admin`.
    pub fn admin() -> Self {
        Self {
            project_id: ProjectId::from("admin"),
            user_id: "admin".to_owned(),
            roles: Roles {
                admin: true,
                member: true,
                reader: true,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn role_names_are_keystones() {
        let roles = Roles::from_names(["Member", "auditor"]);
        assert!(roles.member && !roles.admin && !roles.reader);
        assert_eq!(Roles::from_names([]), Roles::default());
    }
}
