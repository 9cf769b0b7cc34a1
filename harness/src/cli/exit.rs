//! How the program ends.

use std::process::ExitCode;

/// The exit codes, the same for every subcommand. They are API.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Exit {
    /// 0: everything passed.
    Passed,
    /// 1: the command line or the configuration is wrong.
    Usage,
    /// 2: a scenario cannot be read.
    Unreadable,
    /// 3: something could not be run or could not be judged.
    NotJudged,
    /// 4: an expectation or a check failed.
    Failed,
}

impl Exit {
    /// The number the operating system gets.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::Usage => 1,
            Self::Unreadable => 2,
            Self::NotJudged => 3,
            Self::Failed => 4,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
