//! Where the tickets go: the base address of one Zendesk account.

use std::fmt;

use reqwest::Url;

use crate::model::shown::shown;

/// One Zendesk account, by its address: a scheme, a host, perhaps a port, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    base: Url,
    host: String,
    name: String,
}

/// Says why a text is not the address of an account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// Not the first label of `….zendesk.com`.
    #[error(
        "`{0}` is not a subdomain: give only the NAME of NAME.zendesk.com, or the whole address as a URL"
    )]
    Subdomain(String),
    /// Not an address at all. The text is not repeated, since it may hold a password.
    #[error("this is not a URL: write it like https://NAME.zendesk.com")]
    NotAUrl,
    /// `http:` to another machine, where the credentials could be read on the way, or no web
    /// address at all.
    #[error("`{0}` must be reached by https: only a loopback address may use http")]
    NotHttps(String),
    /// `user:password@` in the address. Zendesk does not look at it.
    #[error("the URL of `{0}` must not carry a user or password: credentials have their own place")]
    UserInfo(String),
    /// Something after the host.
    #[error("the URL of `{0}` must end after the host: leave out the path, `?` and `#`")]
    NotBare(String),
}

impl Account {
    /// Takes the NAME of `NAME.zendesk.com`, in any letter case.
    pub fn from_subdomain(subdomain: &str) -> Result<Self, AccountError> {
        let name = subdomain.trim().to_ascii_lowercase();
        let refused = || AccountError::Subdomain(shown(subdomain).into_owned());
        let is_label = (1..=63).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !name.starts_with('-')
            && !name.ends_with('-');
        if !is_label {
            return Err(refused());
        }
        Self::from_url(&format!("https://{name}.zendesk.com")).map_err(|_| refused())
    }

    /// Takes the whole address: `https://HOST[:PORT]`, or `http://` for a loopback host.
    pub fn from_url(url: &str) -> Result<Self, AccountError> {
        let mut base = Url::parse(url.trim()).map_err(|_| AccountError::NotAUrl)?;
        let Some(name) = base.host_str().filter(|name| !name.is_empty()) else {
            return Err(AccountError::NotAUrl);
        };
        let host = match base.port() {
            Some(port) => format!("{name}:{port}"),
            None => name.to_owned(),
        };
        if !base.username().is_empty() || base.password().is_some() {
            return Err(AccountError::UserInfo(host));
        }
        match base.scheme() {
            "https" => {}
            "http" if is_loopback(&base) => {}
            _ => return Err(AccountError::NotHttps(host)),
        }
        if base.path() != "/" || base.query().is_some() || base.fragment().is_some() {
            return Err(AccountError::NotBare(host));
        }
        base.set_path("");
        let name = file_name(&host);
        Ok(Self { base, host, name })
    }

    /// The local double at `address`. It is called `sandbox` whatever its port: another port
    /// tomorrow is the same account, with the same tickets.
    pub fn sandbox(address: std::net::SocketAddr) -> Result<Self, AccountError> {
        let account = Self::from_url(&format!("http://{address}"))?;
        let name = "sandbox".to_owned();
        Ok(Self {
            host: name.clone(),
            name,
            ..account
        })
    }

    /// The host, with the port if it is not the scheme's own. A key and a checkpoint belong to it.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The account's name for file names: the subdomain of `NAME.zendesk.com`, else the host with
    /// everything but ASCII letters, digits, `.` and `-` replaced by `-`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the host is this machine: `127.0.0.0/8`, `::1` or `localhost`.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.base)
    }

    /// The address of a path on this account; `None` if the path does not start with one `/`, since
    /// what follows two is a host.
    pub(super) fn url(&self, path: &str) -> Option<Url> {
        if !path.starts_with('/') || path.starts_with("//") {
            return None;
        }
        self.base.join(path).ok()
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.host)
    }
}

fn file_name(host: &str) -> String {
    match host.strip_suffix(".zendesk.com") {
        Some(subdomain) if !subdomain.contains('.') => subdomain.to_owned(),
        _ => host.chars().map(for_file_name).collect(),
    }
}

fn for_file_name(character: char) -> char {
    match character {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '-' => character,
        _ => '-',
    }
}

fn is_loopback(url: &Url) -> bool {
    let Some(host) = url.host_str() else {
        return false;
    };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || bare
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host_of(url: &str) -> Result<String, AccountError> {
        Account::from_url(url).map(|account| account.host().to_owned())
    }

    #[test]
    fn a_subdomain_becomes_an_https_address() {
        let account = Account::from_subdomain("Acme-2").unwrap();
        assert_eq!(account.host(), "acme-2.zendesk.com");
        assert_eq!(account.name(), "acme-2");
        assert!(!account.is_loopback());
        assert_eq!(
            account.url("/api/v2/tickets").unwrap().as_str(),
            "https://acme-2.zendesk.com/api/v2/tickets"
        );
    }

    #[test]
    fn what_is_not_one_label_is_not_a_subdomain() {
        for text in ["", "a.b", "-a", "a-", "a/b", "acme.zendesk.com", "ä", "a@b"] {
            assert!(
                matches!(
                    Account::from_subdomain(text),
                    Err(AccountError::Subdomain(_))
                ),
                "{text}"
            );
        }
    }

    #[test]
    fn http_is_for_loopback_only() {
        for url in [
            "http://127.0.0.1:8787",
            "http://127.9.9.9",
            "http://[::1]:1",
            "http://localhost:8787/",
        ] {
            assert!(Account::from_url(url).unwrap().is_loopback(), "{url}");
        }
        for url in [
            "http://acme.zendesk.com",
            "http://localhost.example.com",
            "http://128.0.0.1",
            "http://10.0.0.1",
            "ftp://acme.zendesk.com",
        ] {
            assert!(
                matches!(Account::from_url(url), Err(AccountError::NotHttps(_))),
                "{url}"
            );
        }
    }

    #[test]
    fn an_address_is_bare() {
        assert_eq!(
            host_of("https://acme.zendesk.com:443/").unwrap(),
            "acme.zendesk.com"
        );
        assert_eq!(
            host_of("https://help.example.com:8443").unwrap(),
            "help.example.com:8443"
        );
        for url in [
            "https://a.example/x",
            "https://a.example/?q",
            "https://a.example/#f",
        ] {
            assert!(
                matches!(host_of(url), Err(AccountError::NotBare(_))),
                "{url}"
            );
        }
        for url in ["", "acme", "https://", "mailto:a@b.example"] {
            assert!(host_of(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_password_in_the_address_is_refused_and_not_repeated() {
        let error = Account::from_url("https://me:hunter2@acme.zendesk.com").unwrap_err();
        assert!(matches!(error, AccountError::UserInfo(_)));
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }

    #[test]
    fn other_hosts_are_made_fit_for_file_names() {
        let account = Account::from_url("http://127.0.0.1:8787").unwrap();
        assert_eq!(account.name(), "127.0.0.1-8787");
        let account = Account::from_url("http://[::1]:80").unwrap();
        assert_eq!(account.name(), "---1-");
        let account = Account::from_url("https://a.b.zendesk.com").unwrap();
        assert_eq!(account.name(), "a.b.zendesk.com");
    }
}
