//! The side of a server that speaks TLS.

use std::io::{Error, Result};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use super::io::Io;

/// What a server needs to speak TLS: its certificates and its key. Cheap to clone.
#[derive(Clone)]
pub struct ServerTls(TlsAcceptor);

impl ServerTls {
    /// From a chain of certificates, the server's own first, and its private key: all in DER.
    ///
    /// # Errors
    ///
    /// `InvalidInput` or `Other` when they are no certificates, no key, or do not belong together.
    pub fn new(chain: &[&[u8]], key: &[u8]) -> Result<Self> {
        let chain = chain.iter().map(|der| CertificateDer::from(der.to_vec())).collect();
        let key = PrivateKeyDer::try_from(key.to_vec())
            .map_err(|error| Error::new(std::io::ErrorKind::InvalidInput, error))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(Error::other)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(Error::other)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }

    /// Shakes hands with a client that was accepted. In memory, where nothing is encrypted, this is the connection itself.
    ///
    /// # Errors
    ///
    /// The client refuses the certificate, speaks no TLS, or goes away.
    pub async fn accept(&self, io: Io) -> Result<Io> {
        if io.is_memory() {
            return Ok(io);
        }
        Ok(Io::tls_of_server(self.0.accept(io).await?))
    }
}

impl std::fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServerTls")
    }
}
