//! Finding a keyword in a text of any script.

/// A text in which keywords are looked for.
pub(crate) struct Text(String);

impl Text {
    pub(crate) fn new(content: &str) -> Self {
        Text(content.to_ascii_lowercase())
    }

    /// Whether `keyword` is in the text. Scripts without spaces between words have no beginnings of
    /// words to look for, so only a keyword that begins with an ASCII letter or digit must stand at one.
    /// A blank keyword is nowhere.
    pub(crate) fn contains(&self, keyword: &str) -> bool {
        let keyword = keyword.trim().to_ascii_lowercase();
        let Some(first) = keyword.chars().next() else {
            return false;
        };
        self.0.match_indices(&keyword).any(|(at, _)| {
            let before = self.0[..at].chars().next_back();
            !first.is_ascii_alphanumeric() || !before.is_some_and(|c| c.is_ascii_alphanumeric())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_matter_in_ascii() {
        assert!(Text::new("The delivery is DELAYED again").contains("Delay"));
    }

    #[test]
    fn ascii_keyword_stands_at_the_beginning_of_a_word() {
        assert!(!Text::new("the template is fine").contains("late"));
        assert!(Text::new("the template came late").contains("late"));
    }

    #[test]
    fn chinese_keyword_stands_anywhere() {
        assert!(Text::new("设备交付延迟三天").contains("延迟"));
        assert!(Text::new("系统ERP报错").contains("erp"));
    }

    #[test]
    fn blank_keyword_is_nowhere() {
        assert!(!Text::new("anything").contains("  "));
    }
}
