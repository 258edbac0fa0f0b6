//! Who reads the catalog: the configured login, else `PGUSER` and `PGPASSWORD`, else the user that the process runs as.
//!
//! Secrets are looked up at each login, so that a rotated password is taken without a restart. They are never logged.

use std::env;
use std::fs;
use std::path::PathBuf;

use crate::config::{Backend, Secret};

/// A login, its password at hand.
pub struct Credentials {
    /// The role.
    pub user: String,
    /// None when there is none to send.
    pub password: Option<String>,
}

/// A password that is not where the configuration says.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `env:NAME`.
    #[error("the environment variable `{0}` is not set")]
    NoVariable(String),
    /// `file:PATH`.
    #[error("cannot read the password file `{}`", .0.display())]
    Unreadable(PathBuf, #[source] std::io::Error),
    /// Nothing names a user.
    #[error("no user to read the catalog with; set `introspect = {{ user = …, password = … }}` for the backend")]
    NoUser,
}

/// The login for reading the catalog of `backend`.
///
/// # Errors
/// When its password is not where it should be.
pub fn credentials(backend: &Backend) -> Result<Credentials, Error> {
    if let Some(login) = &backend.introspect {
        let password = login.password.as_ref().map(look_up).transpose()?.or_else(|| variable("PGPASSWORD"));
        return Ok(Credentials { user: login.user.clone(), password });
    }
    let user = variable("PGUSER").or_else(system_user).ok_or(Error::NoUser)?;
    Ok(Credentials { user, password: variable("PGPASSWORD") })
}

fn look_up(secret: &Secret) -> Result<String, Error> {
    match secret {
        Secret::Literal(password) => Ok(password.clone()),
        Secret::Environment(name) => variable(name).ok_or_else(|| Error::NoVariable(name.clone())),
        Secret::File(path) => {
            let text = fs::read_to_string(path).map_err(|e| Error::Unreadable(path.clone(), e))?;
            Ok(text.lines().next().unwrap_or_default().to_owned())
        }
    }
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// The name of the effective user, as libpq takes it.
fn system_user() -> Option<String> {
    let id = rustix::process::geteuid().as_raw().to_string();
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let line = users.lines().find(|line| line.split(':').nth(2) == Some(id.as_str()));
    line.and_then(|line| line.split(':').next()).map(str::to_owned).or_else(|| variable("USER"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Address, BackendTls, Login, Target};
    use std::time::Duration;

    fn backend(introspect: Option<Login>) -> Backend {
        Backend {
            name: "b".into(),
            address: Address::Tcp { host: "h".into(), port: 1 },
            others: Vec::new(),
            target: Target::Any,
            balance: false,
            database: None,
            tls: BackendTls::default(),
            connect_timeout: Duration::from_secs(1),
            introspect,
            auth: None,
        }
    }

    fn with(password: Secret) -> Backend {
        backend(Some(Login { user: "exonym".into(), password: Some(password) }))
    }

    #[test]
    fn a_password_file_gives_its_first_line() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        fs::write(file.path(), "s3cret\nsecond line\n").expect("writable");
        let found = credentials(&with(Secret::File(file.path().into()))).expect("readable");
        assert_eq!((found.user.as_str(), found.password.as_deref()), ("exonym", Some("s3cret")));
    }

    #[test]
    fn a_missing_password_is_named_by_its_place() {
        let error = credentials(&with(Secret::Environment("EXONYM_TEST_NOT_SET".into()))).err().expect("not set");
        assert!(error.to_string().contains("EXONYM_TEST_NOT_SET"));
        let error = credentials(&with(Secret::File("/nonexistent/pw".into()))).err().expect("no such file");
        assert!(error.to_string().contains("/nonexistent/pw"));
    }

    #[test]
    fn without_a_login_the_process_has_a_user() {
        let found = credentials(&backend(None)).expect("someone runs this test");
        assert!(!found.user.is_empty());
    }
}
