//! The network of the machine: TCP, and TLS towards servers.

use std::io::{Error, ErrorKind, Result};
use std::sync::{Arc, OnceLock};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;

use super::io::Io;

/// What all connections of a world share.
#[derive(Default)]
pub(super) struct Sockets {
    /// Made at the first TLS connection: worlds without one do not pay for it.
    tls: OnceLock<Arc<ClientConfig>>,
}

impl Sockets {
    /// Speaks TLS to the host of this authority over a connection to it.
    pub(super) async fn encrypt(&self, authority: &str, io: Io) -> Result<Io> {
        let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host).trim_matches(['[', ']']);
        let name = ServerName::try_from(host.to_owned())
            .map_err(|error| Error::new(ErrorKind::InvalidInput, error))?;
        let connector = TlsConnector::from(self.tls()?);
        Ok(Io::tls(connector.connect(name, io).await?))
    }

    fn tls(&self) -> Result<Arc<ClientConfig>> {
        if let Some(config) = self.tls.get() {
            return Ok(Arc::clone(config));
        }
        let roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        let config = client_config(roots)?;
        Ok(Arc::clone(self.tls.get_or_init(|| config)))
    }
}

impl std::fmt::Debug for Sockets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sockets").finish_non_exhaustive()
    }
}

fn client_config(roots: RootCertStore) -> Result<Arc<ClientConfig>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

pub(super) async fn dial(authority: &str) -> Result<Io> {
    let stream = TcpStream::connect(authority).await?;
    stream.set_nodelay(true)?;
    Ok(Io::tcp(stream))
}

/// One bound port.
#[derive(Debug)]
pub(super) struct Listening {
    listener: TcpListener,
    authority: String,
}

impl Listening {
    pub(super) async fn bind(authority: &str) -> Result<Self> {
        let listener = TcpListener::bind(authority).await?;
        let authority = listener.local_addr()?.to_string();
        Ok(Self { listener, authority })
    }

    pub(super) async fn accept(&self) -> Result<Io> {
        let (stream, _) = self.listener.accept().await?;
        stream.set_nodelay(true)?;
        Ok(Io::tcp(stream))
    }

    pub(super) fn authority(&self) -> &str {
        &self.authority
    }
}
