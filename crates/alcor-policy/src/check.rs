//! One check: `role:admin`, `project_id:%(project_id)s`, `field:networks:shared=True`.

/// What the left side of a comparison names: a fact about the caller, or a constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fact {
    /// The token's project.
    Project,
    /// The token's domain.
    Domain,
    /// The user.
    User,
    /// The user's domain.
    UserDomain,
    /// The project's domain.
    ProjectDomain,
    /// `all` for a system token.
    System,
    /// What the token is for: `project`, `domain`, `system` or `none`. Ours, not oslo.policy's.
    Scope,
}

/// The right side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Operand {
    /// A text.
    Literal(Box<str>),
    /// `%(name)s`: an attribute of the target.
    Attribute(Box<str>),
}

/// What a field must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Expected {
    /// This text, or the boolean it spells.
    Text(Box<str>),
    /// A text that begins so: `=~^network:`.
    Prefix(Box<str>),
}

/// A check, with the rules it refers to by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Check {
    /// `@` or `!`.
    Always(bool),
    /// `role:name`, in lower case.
    Role(Box<str>),
    /// `service_roles:name`, in lower case.
    ServiceRole(Box<str>),
    /// `rule:name`.
    Rule(Box<str>),
    /// A fact about the caller against an operand.
    Compare(Fact, Operand),
    /// A constant against an attribute: `'up':%(status)s`.
    Constant(Box<str>, Operand),
    /// An attribute of the target against a constant.
    Field {
        /// The collection that the rule means.
        resource: Box<str>,
        /// The attribute.
        name: Box<str>,
        /// What it must be.
        expected: Expected,
    },
}

/// Reads one word that is no operator; the error is the reason.
pub(crate) fn parse(word: &str) -> Result<Check, String> {
    match word {
        "@" => return Ok(Check::Always(true)),
        "!" => return Ok(Check::Always(false)),
        _ => {}
    }
    if let Some(constant) = constant(word) {
        return constant;
    }
    let (kind, rest) = word
        .split_once(':')
        .ok_or_else(|| format!("'{word}' is no check; write kind:value, @ or !"))?;
    if rest.is_empty() {
        return Err(format!("'{word}' has no value"));
    }
    match kind {
        "role" => name(rest).map(|name| Check::Role(name.to_ascii_lowercase().into())),
        "service_roles" => {
            name(rest).map(|name| Check::ServiceRole(name.to_ascii_lowercase().into()))
        }
        "rule" => name(rest).map(|name| Check::Rule(name.into())),
        "is_admin" => admin(rest),
        "field" => field(rest),
        _ => Ok(Check::Compare(fact(kind)?, operand(rest)?)),
    }
}

/// `'text':%(name)s`, `True:%(name)s`.
fn constant(word: &str) -> Option<Result<Check, String>> {
    let first = word.chars().next()?;
    let (text, rest) = if matches!(first, '\'' | '"') {
        word.get(1..)?.split_once(first)?
    } else {
        let (kind, _) = word.split_once(':')?;
        if !matches!(kind, "True" | "False") {
            return None;
        }
        (kind, word.get(kind.len()..)?)
    };
    let rest = rest.strip_prefix(':')?;
    Some(operand(rest).map(|operand| Check::Constant(text.into(), operand)))
}

/// `is_admin:True` asks what `rule:context_is_admin` says.
fn admin(value: &str) -> Result<Check, String> {
    if matches!(value, "True" | "true" | "1") {
        return Ok(Check::Rule(crate::CONTEXT_IS_ADMIN.into()));
    }
    Err(format!(
        "is_admin:{value} means nothing; write is_admin:True, with 'not' before it if need be"
    ))
}

fn fact(kind: &str) -> Result<Fact, String> {
    Ok(match kind {
        "project_id" | "tenant_id" => Fact::Project,
        "domain_id" => Fact::Domain,
        "user_id" => Fact::User,
        "user_domain_id" => Fact::UserDomain,
        "project_domain_id" => Fact::ProjectDomain,
        "system_scope" => Fact::System,
        "scope" => Fact::Scope,
        _ => {
            return Err(format!(
                "unknown check '{kind}'; known are role, rule, field, project_id, tenant_id, \
                 domain_id, user_id, user_domain_id, project_domain_id, system_scope, scope, \
                 is_admin and service_roles"
            ));
        }
    })
}

fn name(text: &str) -> Result<&str, String> {
    if text.contains('%') {
        return Err(format!("'{text}' may not depend on the target here"));
    }
    Ok(text)
}

fn operand(text: &str) -> Result<Operand, String> {
    if let Some(name) = text
        .strip_prefix("%(")
        .and_then(|rest| rest.strip_suffix(")s"))
        && !name.is_empty()
        && !name.contains(['%', '(', ')'])
    {
        return Ok(Operand::Attribute(name.into()));
    }
    if text.is_empty() || text.contains('%') {
        return Err(format!("'{text}' is neither a text nor %(name)s"));
    }
    Ok(Operand::Literal(text.into()))
}

/// `networks:router:external=True`: the collection, the attribute, the value.
fn field(text: &str) -> Result<Check, String> {
    let wrong = || format!("'field:{text}' is not field:collection:attribute=value");
    let (resource, rest) = text.split_once(':').ok_or_else(wrong)?;
    let (name, value) = rest.split_once('=').ok_or_else(wrong)?;
    if resource.is_empty() || name.is_empty() {
        return Err(wrong());
    }
    let expected = match value.strip_prefix('~') {
        None => Expected::Text(value.into()),
        Some(pattern) => Expected::Prefix(prefix(pattern)?.into()),
    };
    Ok(Check::Field {
        resource: resource.into(),
        name: name.into(),
        expected,
    })
}

/// The text that a pattern begins with. Patterns are matched from the start of a value, and
/// nothing but such prefixes is needed by Neutron's own rules.
fn prefix(pattern: &str) -> Result<&str, String> {
    let literal = pattern.strip_prefix('^').unwrap_or(pattern);
    if literal.is_empty() || literal.contains(|c| r".*+?[](){}|\$^".contains(c)) {
        return Err(format!(
            "the pattern '{pattern}' is more than a beginning; write ~^text"
        ));
    }
    Ok(literal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_read() {
        assert_eq!(parse("role:Admin"), Ok(Check::Role("admin".into())));
        assert_eq!(
            parse("tenant_id:%(network:tenant_id)s"),
            Ok(Check::Compare(
                Fact::Project,
                Operand::Attribute("network:tenant_id".into())
            ))
        );
        assert_eq!(
            parse("field:networks:router:external=True"),
            Ok(Check::Field {
                resource: "networks".into(),
                name: "router:external".into(),
                expected: Expected::Text("True".into()),
            })
        );
        assert_eq!(
            parse("field:port:device_owner=~^network:"),
            Ok(Check::Field {
                resource: "port".into(),
                name: "device_owner".into(),
                expected: Expected::Prefix("network:".into()),
            })
        );
        assert_eq!(
            parse("'up':%(status)s"),
            Ok(Check::Constant(
                "up".into(),
                Operand::Attribute("status".into())
            ))
        );
        assert_eq!(
            parse("is_admin:True"),
            Ok(Check::Rule("context_is_admin".into()))
        );
    }

    #[test]
    fn what_is_no_check_is_refused() {
        for wrong in [
            "admin",
            "role:",
            "role:%(x)s",
            "http://policy/check",
            "roles:admin",
            "project_id:x%(y)s",
            "project_id:%()s",
            "field:networks:shared",
            "field:shared=True",
            "field:ports:device_owner=~^a.*",
            "is_admin:maybe",
            "'up",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
