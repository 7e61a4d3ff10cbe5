//! Reads a policy file: one rule a line. Lines are TOML's `"rule" = "expression"` or, so that
//! a Neutron operator's `policy.yaml` can be used as it is, YAML's `"rule": "expression"`.

use crate::error::PolicyError;
use std::collections::HashSet;

/// One rule as the file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// The line, from 1 on.
    pub(crate) number: usize,
    /// The rule's name.
    pub(crate) rule: String,
    /// Its expression.
    pub(crate) expression: String,
}

/// The rules of a file, in its order.
pub(crate) fn read(text: &str) -> Result<Vec<Line>, PolicyError> {
    let mut seen = HashSet::new();
    let mut lines = Vec::new();
    for (index, raw) in text.lines().enumerate() {
        let number = index + 1;
        let raw = raw.trim();
        if raw.is_empty() || raw.starts_with('#') || raw == "---" {
            continue;
        }
        let line = |reason| PolicyError::Line {
            line: number,
            reason,
        };
        let (rule, expression) = split(raw).map_err(line)?;
        if !seen.insert(rule.clone()) {
            return Err(PolicyError::Duplicate { line: number, rule });
        }
        lines.push(Line {
            number,
            rule,
            expression,
        });
    }
    Ok(lines)
}

/// The name and the expression of one line.
fn split(line: &str) -> Result<(String, String), &'static str> {
    let (rule, rest) = match line.chars().next() {
        Some(quote @ ('"' | '\'')) => quoted(line, quote)?,
        _ => bare(line)?,
    };
    let rest = rest.trim_start();
    let rest = rest
        .strip_prefix(['=', ':'])
        .ok_or("'=' or ':' is missing after the rule's name")?
        .trim_start();
    let quote = rest
        .chars()
        .next()
        .filter(|first| matches!(first, '"' | '\''))
        .ok_or("the expression is not quoted")?;
    let (expression, rest) = quoted(rest, quote)?;
    let rest = rest.trim_start();
    if rest.is_empty() || rest.starts_with('#') {
        return Ok((rule, expression));
    }
    Err("something follows the expression")
}

/// A quoted text at the beginning, and what follows it.
fn quoted(text: &str, quote: char) -> Result<(String, &str), &'static str> {
    let mut value = String::new();
    let mut characters = text.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        if character == quote {
            return Ok((value, text.get(at + 1..).unwrap_or_default()));
        }
        if character != '\\' || quote == '\'' {
            value.push(character);
            continue;
        }
        match characters.next() {
            Some((_, escaped @ ('"' | '\\'))) => value.push(escaped),
            _ => return Err("only \\\" and \\\\ may follow a backslash"),
        }
    }
    Err("a quote is not closed")
}

/// A name without quotes at the beginning, and what follows it.
fn bare(text: &str) -> Result<(String, &str), &'static str> {
    let ends = |character: char| !(character.is_ascii_alphanumeric() || "_-".contains(character));
    match text.find(ends) {
        Some(end) if end > 0 => {
            let (name, rest) = text.split_at(end);
            Ok((name.to_owned(), rest))
        }
        _ => Err("it does not begin with a rule's name"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> (String, String) {
        let lines = read(text).unwrap();
        assert_eq!(lines.len(), 1);
        let line = lines.into_iter().next().unwrap();
        (line.rule, line.expression)
    }

    #[test]
    fn toml_and_yaml_lines_are_read() {
        let expected = ("create_network:shared".to_owned(), "role:admin".to_owned());
        for text in [
            "\"create_network:shared\" = \"role:admin\"",
            "  \"create_network:shared\": \"role:admin\"  # why",
            "---\n# Neutron's\n'create_network:shared': 'role:admin'\n\n",
        ] {
            assert_eq!(one(text), expected, "{text}");
        }
        let empty = ("regular_user".to_owned(), String::new());
        assert_eq!(one("regular_user = \"\""), empty);
        assert_eq!(one(r#"a = "\"x\\\":1""#).1, r#""x\":1"#);
    }

    #[test]
    fn what_is_no_rule_names_its_line() {
        for text in [
            "x = 1",
            "x",
            "= \"\"",
            "\"x\" \"\"",
            "x = \"a",
            "x = \"a\" b",
            "x = \"\\n\"",
        ] {
            let error = read(&format!("# comment\n{text}")).unwrap_err();
            assert!(matches!(error, PolicyError::Line { line: 2, .. }), "{text}");
        }
        let twice = read("a = \"\"\na = \"!\"").unwrap_err();
        assert!(matches!(twice, PolicyError::Duplicate { line: 2, .. }));
    }
}
