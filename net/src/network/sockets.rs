//! The network of the machine: TCP, and TLS towards servers.

use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
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

    /// Trusts these roots besides those of the web.
    pub(super) fn trust(&self, roots: &[u8]) -> Result<()> {
        let pem: Vec<_> = CertificateDer::pem_slice_iter(roots).filter_map(std::result::Result::ok).collect();
        let roots = if pem.is_empty() { vec![CertificateDer::from(roots.to_vec())] } else { pem };
        let mut store = web_roots();
        for root in roots {
            store.add(root).map_err(|error| Error::new(ErrorKind::InvalidData, error))?;
        }
        self.tls.set(client_config(store)?).map_err(|_| Error::from(ErrorKind::AlreadyExists))
    }

    fn tls(&self) -> Result<Arc<ClientConfig>> {
        if let Some(config) = self.tls.get() {
            return Ok(Arc::clone(config));
        }
        let config = client_config(web_roots())?;
        Ok(Arc::clone(self.tls.get_or_init(|| config)))
    }
}

impl std::fmt::Debug for Sockets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sockets").finish_non_exhaustive()
    }
}

fn web_roots() -> RootCertStore {
    RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned())
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

pub(super) async fn dial_narrow(authority: &str, window: u32) -> Result<Io> {
    let mut last = Error::from(ErrorKind::AddrNotAvailable);
    for address in addresses(authority).await? {
        let socket = if address.is_ipv6() { TcpSocket::new_v6()? } else { TcpSocket::new_v4()? };
        socket.set_recv_buffer_size(window)?;
        match socket.connect(address).await {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                return Ok(Io::tcp(stream));
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

pub(super) async fn addresses(authority: &str) -> Result<Vec<SocketAddr>> {
    Ok(tokio::net::lookup_host(authority).await?.collect())
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

#[cfg(test)]
mod tests {
    use rustls::ServerConfig;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio_rustls::TlsAcceptor;

    use super::*;
    use crate::run_real;

    const ROOT: &[u8] = include_bytes!("../../tests/tls/root.der");
    const SERVER: &[u8] = include_bytes!("../../tests/tls/server.der");
    const SERVER_KEY: &[u8] = include_bytes!("../../tests/tls/server.key.der");

    /// What we trust.
    fn trusting(roots: &[&'static [u8]]) -> Sockets {
        let mut store = RootCertStore::empty();
        for root in roots {
            store.add(CertificateDer::from(*root)).unwrap();
        }
        Sockets { tls: OnceLock::from(client_config(store).unwrap()) }
    }

    fn acceptor() -> TlsAcceptor {
        let key = PrivateKeyDer::try_from(SERVER_KEY).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![CertificateDer::from(SERVER)], key)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }

    /// Asks a server that we reach under this host for an echo.
    fn check(sockets: &Sockets, host: &str) -> Result<Vec<u8>> {
        run_real(1, async |world| {
            let listening = Listening::bind("127.0.0.1:0").await?;
            let io = dial(listening.authority()).await?;
            let accepted = listening.accept().await?;
            let _server = world.tasks.spawn("tls server", async move {
                // A client that refuses the certificate breaks the handshake off.
                let Ok(mut stream) = acceptor().accept(accepted).await else { return };
                let mut request = [0; 4];
                stream.read_exact(&mut request).await.unwrap();
                stream.write_all(&request).await.unwrap();
                stream.shutdown().await.unwrap();
            });
            let mut io = sockets.encrypt(host, io).await?;
            io.write_all(b"ping").await?;
            let mut answer = Vec::new();
            io.read_to_end(&mut answer).await?;
            Ok(answer)
        })
        .unwrap()
    }

    #[test]
    fn a_trusted_server_is_spoken_to_under_its_names() {
        for host in ["localhost:443", "127.0.0.1:443", "localhost"] {
            assert_eq!(check(&trusting(&[ROOT]), host).unwrap(), b"ping", "{host}");
        }
    }

    #[test]
    fn strangers_and_wrong_names_are_refused() {
        let cases = [
            (trusting(&[]), "localhost:443", ErrorKind::InvalidData),
            (Sockets::default(), "localhost:443", ErrorKind::InvalidData),
            (trusting(&[ROOT]), "example.com:443", ErrorKind::InvalidData),
            (trusting(&[ROOT]), "[::1]:443", ErrorKind::InvalidData),
            (trusting(&[ROOT]), "no name:443", ErrorKind::InvalidInput),
        ];
        for (sockets, host, expected) in cases {
            assert_eq!(check(&sockets, host).unwrap_err().kind(), expected, "{host}");
        }
    }
}
