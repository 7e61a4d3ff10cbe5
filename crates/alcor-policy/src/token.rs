//! Cuts an expression into words. oslo.policy divides by white space only, so a check such as
//! `field:networks:shared=True` is one word, and parentheses are cut off the ends of words.

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// `(`
    Open,
    /// `)`
    Close,
    /// `and`
    And,
    /// `or`
    Or,
    /// `not`
    Not,
    /// Anything else.
    Check(&'a str),
}

/// A word with the column where it starts, from 1 on.
pub(crate) type Placed<'a> = (usize, Token<'a>);

/// The words of an expression.
pub(crate) fn tokens(text: &str) -> Vec<Placed<'_>> {
    let mut tokens = Vec::new();
    let mut column = 1;
    for word in text.split_inclusive(char::is_whitespace) {
        cut(word.trim_end(), column, &mut tokens);
        column += word.chars().count();
    }
    tokens
}

/// Cuts one word without white space.
fn cut<'a>(word: &'a str, mut column: usize, tokens: &mut Vec<Placed<'a>>) {
    let inner = word.trim_start_matches('(');
    for _ in 0..word.len() - inner.len() {
        tokens.push((column, Token::Open));
        column += 1;
    }
    let check = without_closing(inner);
    if !check.is_empty() {
        tokens.push((column, kind(check)));
        column += check.chars().count();
    }
    for _ in 0..inner.len() - check.len() {
        tokens.push((column, Token::Close));
        column += 1;
    }
}

/// Cuts closing parentheses off the end. That of `%(name)s` is no such one: it never ends a word.
fn without_closing(word: &str) -> &str {
    word.trim_end_matches(')')
}

fn kind(word: &str) -> Token<'_> {
    match word {
        _ if word.eq_ignore_ascii_case("and") => Token::And,
        _ if word.eq_ignore_ascii_case("or") => Token::Or,
        _ if word.eq_ignore_ascii_case("not") => Token::Not,
        _ => Token::Check(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parentheses_are_cut_off_words_and_columns_count_characters() {
        let words = tokens("(not role:a)  AND project_id:%(x)s");
        assert_eq!(
            words,
            [
                (1, Token::Open),
                (2, Token::Not),
                (6, Token::Check("role:a")),
                (12, Token::Close),
                (15, Token::And),
                (19, Token::Check("project_id:%(x)s")),
            ]
        );
        assert!(tokens("  ").is_empty());
    }
}
