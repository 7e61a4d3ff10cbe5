//! The grammar: `not` binds tightest, then `and`, then `or`; the empty text allows everything.

use crate::check::{self, Check};
use crate::token::{Placed, Token, tokens};

/// No honest rule nests deeper; the bound keeps a hostile file off the stack.
const MAX_DEPTH: usize = 64;

/// An expression as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tree {
    /// One check, with its column.
    Check(usize, Check),
    /// All of them.
    And(Vec<Tree>),
    /// One of them.
    Or(Vec<Tree>),
    /// The opposite.
    Not(Box<Tree>),
}

/// What is wrong with an expression, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// The character, from 1 on.
    pub(crate) column: usize,
    /// What is wrong there.
    pub(crate) reason: String,
}

/// Reads an expression.
pub(crate) fn parse(text: &str) -> Result<Tree, Mistake> {
    let tokens = tokens(text);
    if tokens.is_empty() {
        return Ok(Tree::Check(1, Check::Always(true)));
    }
    let mut parser = Parser {
        rest: &tokens,
        end: text.chars().count() + 1,
    };
    let tree = parser.any(0)?;
    match parser.rest.first() {
        None => Ok(tree),
        Some((column, Token::Close)) => Err(mistake(*column, "this parenthesis opens nowhere")),
        Some((column, _)) => Err(mistake(*column, "'and' or 'or' is missing before this")),
    }
}

fn mistake(column: usize, reason: impl Into<String>) -> Mistake {
    Mistake {
        column,
        reason: reason.into(),
    }
}

struct Parser<'t> {
    rest: &'t [Placed<'t>],
    end: usize,
}

impl<'t> Parser<'t> {
    fn next(&mut self) -> Option<Placed<'t>> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    /// Takes the next word if it is this one.
    fn take(&mut self, wanted: Token<'_>) -> bool {
        let found = self.rest.first().is_some_and(|(_, token)| *token == wanted);
        if found {
            self.next();
        }
        found
    }

    fn any(&mut self, depth: usize) -> Result<Tree, Mistake> {
        let mut parts = vec![self.all(depth)?];
        while self.take(Token::Or) {
            parts.push(self.all(depth)?);
        }
        Ok(single_or(parts, Tree::Or))
    }

    fn all(&mut self, depth: usize) -> Result<Tree, Mistake> {
        let mut parts = vec![self.one(depth)?];
        while self.take(Token::And) {
            parts.push(self.one(depth)?);
        }
        Ok(single_or(parts, Tree::And))
    }

    fn one(&mut self, depth: usize) -> Result<Tree, Mistake> {
        let Some((column, token)) = self.next() else {
            return Err(mistake(self.end, "a check is missing at the end"));
        };
        if depth == MAX_DEPTH {
            return Err(mistake(column, "this is nested too deeply"));
        }
        match token {
            Token::Not => Ok(Tree::Not(Box::new(self.one(depth + 1)?))),
            Token::Open => {
                let inner = self.any(depth + 1)?;
                if self.take(Token::Close) {
                    return Ok(inner);
                }
                Err(mistake(column, "this parenthesis is never closed"))
            }
            Token::Check(word) => match check::parse(word) {
                Ok(check) => Ok(Tree::Check(column, check)),
                Err(reason) => Err(mistake(column, reason)),
            },
            Token::And | Token::Or | Token::Close => {
                Err(mistake(column, "a check is missing before this"))
            }
        }
    }
}

fn single_or(mut parts: Vec<Tree>, join: fn(Vec<Tree>) -> Tree) -> Tree {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            join(parts)
        }
        None => join(parts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Writes a tree in the language, with all parentheses.
    fn write(tree: &Tree) -> String {
        let join = |parts: &[Tree], word: &str| {
            let parts: Vec<_> = parts.iter().map(write).collect();
            format!("({})", parts.join(word))
        };
        match tree {
            Tree::Check(_, Check::Always(true)) => "@".to_owned(),
            Tree::Check(_, Check::Always(false)) => "!".to_owned(),
            Tree::Check(_, Check::Role(name)) => format!("role:{name}"),
            Tree::Check(..) => unreachable!("the strategy makes no other checks"),
            Tree::And(parts) => join(parts, " and "),
            Tree::Or(parts) => join(parts, " or "),
            Tree::Not(part) => format!("not {}", write(part)),
        }
    }

    /// The same tree without columns.
    fn bare(tree: Tree) -> Tree {
        match tree {
            Tree::Check(_, check) => Tree::Check(0, check),
            Tree::And(parts) => Tree::And(parts.into_iter().map(bare).collect()),
            Tree::Or(parts) => Tree::Or(parts.into_iter().map(bare).collect()),
            Tree::Not(part) => Tree::Not(Box::new(bare(*part))),
        }
    }

    fn trees() -> impl Strategy<Value = Tree> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(|flag| Tree::Check(0, Check::Always(flag))),
            "[a-z_]{1,8}".prop_map(|name| Tree::Check(0, Check::Role(name.into()))),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 2..4).prop_map(Tree::And),
                prop::collection::vec(inner.clone(), 2..4).prop_map(Tree::Or),
                inner.prop_map(|part| Tree::Not(Box::new(part))),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(tree in trees()) {
            prop_assert_eq!(parse(&write(&tree)).map(bare), Ok(tree));
        }

        #[test]
        fn no_text_breaks_the_parser(text in "[()@!a:% not andor]{0,60}|\\PC{0,60}") {
            if let Err(mistake) = parse(&text) {
                prop_assert!((1..=text.chars().count() + 1).contains(&mistake.column));
            }
        }
    }

    #[test]
    fn and_binds_tighter_than_or_and_not_tightest() {
        let written = parse("not role:a and role:b or role:c").map(bare);
        let meant = parse("(((not role:a) and role:b) or role:c)").map(bare);
        assert_eq!(written, meant);
        let other = parse("not (role:a and (role:b or role:c))").map(bare);
        assert_ne!(written, other);
    }

    #[test]
    fn mistakes_name_their_column() {
        for (text, column) in [
            ("role:a role:b", 8),
            ("role:a and", 11),
            ("(role:a or role:b", 1),
            ("role:a)", 7),
            ("or role:a", 1),
            ("role:a or nothing", 11),
            ("()", 2),
        ] {
            assert_eq!(parse(text).unwrap_err().column, column, "{text}");
        }
        let deep = "(".repeat(100_000);
        assert!(parse(&deep).is_err());
    }
}
