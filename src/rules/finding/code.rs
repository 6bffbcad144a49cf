//! The codes of findings, and the severity of each code.

use std::{error::Error, fmt, str::FromStr};

/// The severity of a finding.
///
/// ```
/// use tower_redirect::rules::{Severity, netlify};
///
/// let findings = netlify::parse_lossy("/a /b 200\n/c\n").findings;
/// let worst = findings.iter().map(|finding| finding.severity()).max();
/// assert_eq!(worst, Some(Severity::Error));
/// assert_eq!(Severity::Warning.to_string(), "warning");
/// ```
///
/// The enum is exhaustive: findings need exactly these three severities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Something to know. No change is needed.
    Note,
    /// The rule may not do what its author expects, or the rule is skipped because this crate can't
    /// execute it.
    Warning,
    /// The rule is invalid and is skipped.
    Error,
}

impl Severity {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Declares [`FindingCode`]. Each code has a name, a severity, and one line of documentation.
macro_rules! codes {
    (
        $(#[doc = $docs:literal])*
        pub enum FindingCode;
        $(#[doc = $doc:literal] $code:ident = $name:literal, $severity:ident;)*
    ) => {
        $(#[doc = $docs])*
        ///
        /// | code | severity | meaning |
        /// |---|---|---|
        $(#[doc = concat!(
            "| [`", $name, "`](Self::", stringify!($code), ") | ", stringify!($severity), " |", $doc, " |"
        )])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum FindingCode {
            $(
                #[doc = $doc]
                #[doc = concat!("\n[Example and fix](crate::guide::findings#", $name, ").")]
                $code,
            )*
        }

        impl FindingCode {
            const ALL: &'static [Self] = &[$(Self::$code,)*];

            /// Returns the stable name, in kebab case.
            ///
            /// ```
            /// use tower_redirect::rules::FindingCode;
            ///
            /// assert_eq!(FindingCode::RedirectLoop.as_str(), "redirect-loop");
            /// ```
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$code => $name,)*
                }
            }

            /// Returns the severity of all findings with this code.
            ///
            /// ```
            /// use tower_redirect::rules::{FindingCode, Severity};
            ///
            /// assert_eq!(FindingCode::RedirectChain.severity(), Severity::Warning);
            /// assert_eq!(FindingCode::PossibleChain.severity(), Severity::Note);
            /// ```
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self {
                    $(Self::$code => Severity::$severity,)*
                }
            }
        }
    };
}

codes! {
    /// What kind of problem a finding is about.
    ///
    /// The names are stable, so a program can compare them. All findings with one code have the
    /// same severity.
    ///
    /// ```
    /// use tower_redirect::rules::FindingCode;
    ///
    /// let code: FindingCode = "unreachable-rule".parse()?;
    /// assert_eq!(code, FindingCode::UnreachableRule);
    /// assert_eq!(code.to_string(), "unreachable-rule");
    /// # Ok::<(), tower_redirect::rules::UnknownFindingCode>(())
    /// ```
    pub enum FindingCode;

    /// Rules redirect to each other in a loop.
    RedirectLoop = "redirect-loop", Error;
    /// A rule redirects to a URL that it matches again.
    EndlessRedirect = "endless-redirect", Error;
    /// The source of a rule isn't valid.
    InvalidSource = "invalid-source", Error;
    /// The target of a rule isn't valid.
    InvalidTarget = "invalid-target", Error;
    /// The host of a rule isn't valid.
    InvalidHost = "invalid-host", Error;
    /// A condition isn't valid.
    InvalidCondition = "invalid-condition", Error;
    /// A regex isn't valid.
    InvalidRegex = "invalid-regex", Error;
    /// A status can't be used for this rule.
    InvalidStatus = "invalid-status", Error;
    /// An option isn't valid, or contradicts another one.
    InvalidOption = "invalid-option", Error;
    /// An entry of a file lacks a part, or a part has the wrong type.
    InvalidEntry = "invalid-entry", Error;
    /// The file isn't UTF-8, or it contains a NUL byte.
    InvalidEncoding = "invalid-encoding", Error;
    /// The text doesn't follow the syntax of its format.
    Syntax = "syntax", Error;
    /// Two entries have the same source, and the format rejects that.
    DuplicateSource = "duplicate-source", Error;
    /// A text or a list is longer than the format or this crate allows.
    Limit = "limit", Error;
    /// The rule needs a feature of this crate that is off.
    MissingFeature = "missing-feature", Error;
    /// Every entry of the file is skipped.
    NoRules = "no-rules", Error;
    /// The source is valid in its format, but isn't supported. The rule is skipped.
    UnsupportedSource = "unsupported-source", Warning;
    /// The target is valid in its format, but isn't supported. Its URLs may pass through.
    UnsupportedTarget = "unsupported-target", Warning;
    /// The condition is valid in its format, but isn't supported. The rule never matches.
    UnsupportedCondition = "unsupported-condition", Warning;
    /// The regex is valid in its format, but isn't supported. The rule is skipped.
    UnsupportedRegex = "unsupported-regex", Warning;
    /// The rule rewrites, proxies or shows an error page. Its URLs pass through.
    UnsupportedOutcome = "unsupported-outcome", Warning;
    /// A setting, a section or another part of the file isn't supported, and is ignored.
    UnsupportedOption = "unsupported-option", Warning;
    /// A key, a column or a word has no meaning, and is ignored.
    UnknownKey = "unknown-key", Warning;
    /// No request matches the rule, or one of its conditions.
    NeverMatches = "never-matches", Warning;
    /// A part of the rule doesn't mean what it seems to.
    Misleading = "misleading", Warning;
    /// The file starts with a byte-order mark.
    ByteOrderMark = "byte-order-mark", Warning;
    /// Rules may redirect to each other in a loop, depending on conditions, hosts, ports or pages.
    PossibleLoop = "possible-loop", Warning;
    /// A rule may redirect to a URL that it matches again.
    PossibleEndlessRedirect = "possible-endless-redirect", Warning;
    /// A rule that waits for a response matches its own target. It skips these URLs.
    OwnTarget = "own-target", Warning;
    /// The check couldn't decide whether rules redirect in a loop.
    UndecidedLoop = "undecided-loop", Note;
    /// Too many rules overlap, so the check didn't look at all of them.
    IncompleteCheck = "incomplete-check", Note;
    /// The check couldn't decide whether a rule is unreachable.
    Undecided = "undecided", Note;
    /// Another rule redirects the target again.
    RedirectChain = "redirect-chain", Warning;
    /// Another rule may redirect the target again: some of the URLs, or under its conditions.
    PossibleChain = "possible-chain", Note;
    /// A target has a host that no rule names, so the check doesn't follow the redirect.
    UnknownHost = "unknown-host", Note;
    /// Another rule wins for every request that this rule matches.
    UnreachableRule = "unreachable-rule", Warning;
    /// The table has the same rule twice.
    DuplicateRule = "duplicate-rule", Note;
    /// The target doesn't use a capture.
    UnusedCapture = "unused-capture", Note;
    /// Clients cache this permanent redirect, but it depends on a cookie or on `Authorization`.
    PermanentPerUser = "permanent-per-user", Warning;
    /// Clients cache this permanent redirect, but the redirect that follows it is temporary.
    PermanentToTemporary = "permanent-to-temporary", Note;
    /// The target differs only by its port. If a proxy drops the port, that is a loop.
    OtherPort = "other-port", Note;
    /// The app responds to the target with 404, 405, 410 or 5xx.
    DeadTarget = "dead-target", Warning;
    /// The app redirects the target again.
    RedirectingTarget = "redirecting-target", Warning;
    /// The app has a page for the source, but the rule redirects before the app is called.
    HiddenPage = "hidden-page", Warning;
    /// The app has a page for the source, but the rule waits for a 404.
    NeverApplies = "never-applies", Warning;
    /// The app returned an error.
    AppError = "app-error", Warning;
}

impl FindingCode {
    /// Returns every code, in the order of the table above.
    ///
    /// ```
    /// use tower_redirect::rules::FindingCode;
    ///
    /// assert!(FindingCode::all().all(|code| code.as_str().parse() == Ok(code)));
    /// ```
    pub fn all() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied()
    }

    /// Returns `true` for a loop that is certain, possible or undecided.
    pub(in crate::rules) const fn may_be_loop(self) -> bool {
        matches!(
            self,
            Self::RedirectLoop
                | Self::EndlessRedirect
                | Self::PossibleLoop
                | Self::PossibleEndlessRedirect
                | Self::UndecidedLoop
        )
    }

    /// Returns `true` for a certain loop. Without the other rules, its rule may be valid.
    pub(in crate::rules) const fn is_loop(self) -> bool {
        matches!(self, Self::RedirectLoop | Self::EndlessRedirect)
    }
}

impl fmt::Display for FindingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for FindingCode {
    type Err = UnknownFindingCode;

    fn from_str(name: &str) -> Result<Self, UnknownFindingCode> {
        let code = Self::all().find(|code| code.as_str() == name);
        code.ok_or_else(|| UnknownFindingCode(name.into()))
    }
}

/// The error for a name that no [`FindingCode`] has.
///
/// ```
/// use tower_redirect::rules::FindingCode;
///
/// let error = "loops".parse::<FindingCode>().unwrap_err();
/// assert_eq!(error.to_string(), "unknown finding code `loops`; use one like `redirect-loop`");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFindingCode(Box<str>);

impl fmt::Display for UnknownFindingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.0.escape_debug();
        write!(
            f,
            "unknown finding code `{name}`; use one like `redirect-loop`"
        )
    }
}

impl Error for UnknownFindingCode {}

#[cfg(test)]
mod tests {
    use super::{FindingCode, Severity};

    #[test]
    fn the_guide_explains_each_code_in_the_order_of_the_table() {
        let guide = include_str!("../../docs/guide/findings.md");
        let mut rest = guide;
        for code in FindingCode::all() {
            let severity = match code.severity() {
                Severity::Note => "Note",
                Severity::Warning => "Warning",
                Severity::Error => "Error",
            };
            let heading = format!("\n# {code}\n\n{severity}. ");
            let (_, section) = rest.split_once(&heading).expect(&heading);
            rest = section;
        }
        let fixes = guide.matches("\n**Fix:** ").count();
        assert_eq!(fixes, FindingCode::all().count());
    }
}
