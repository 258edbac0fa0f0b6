//! A client that speaks frames in TLS, and sees the records that they come in.

use std::fmt;
use std::fs;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::ring;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use super::support::raw::Raw;

const PATIENCE: Duration = Duration::from_secs(20);
const SSL: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// How a client is set up.
#[derive(Clone, Debug)]
pub(crate) struct Dress {
    pub(crate) root: std::path::PathBuf,
    /// What it offers.
    pub(crate) alpn: Vec<&'static str>,
    /// Begins with TLS.
    pub(crate) is_direct: bool,
    /// The longest record that it sends.
    pub(crate) fragment: Option<usize>,
    /// Sends bytes one by one.
    pub(crate) trickles: bool,
}

/// A session in TLS.
pub(crate) type Encrypted = Raw<Tls>;

/// The TLS of a client.
pub(crate) struct Tls(pub(crate) StreamOwned<ClientConnection, Records>);

/// A socket that notes which records come: their type, and the length on the wire.
pub(crate) struct Records {
    pub(crate) socket: TcpStream,
    pub(crate) seen: Vec<(u8, usize)>,
    trickles: bool,
    header: Vec<u8>,
    body: usize,
}

impl Dress {
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.into(), alpn: vec!["postgresql"], is_direct: false, fragment: None, trickles: false }
    }
}

impl Encrypted {
    /// Connects to localhost and does the handshake.
    pub(crate) fn handshake(port: u16, dress: &Dress) -> io::Result<Self> {
        let mut socket = TcpStream::connect(("127.0.0.1", port))?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_nodelay(true)?;
        if !dress.is_direct {
            socket.write_all(&SSL)?;
            let mut answer = [0];
            socket.read_exact(&mut answer)?;
            assert_eq!(answer, *b"S");
        }
        let mut roots = RootCertStore::empty();
        let pem = fs::read(&dress.root)?;
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            roots.add(certificate.expect("PEM")).expect("an authority");
        }
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring has both")
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = dress.alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        config.max_fragment_size = dress.fragment;
        let name = "localhost".try_into().expect("a name");
        let connection = ClientConnection::new(Arc::new(config), name).expect("a good configuration");
        let records = Records { socket, seen: Vec::new(), trickles: dress.trickles, header: Vec::new(), body: 0 };
        let mut stream = StreamOwned::new(connection, records);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(Self::over(Tls(stream)))
    }

    /// The same, and logs in as a trusted user.
    pub(crate) fn log_in_to(port: u16, dress: &Dress, database: &str) -> Self {
        let mut session = Self::handshake(port, dress).expect("a handshake");
        session.log_in("postgres", database);
        session
    }

    /// True when the other end has said in TLS that it ends.
    pub(crate) fn is_ended_in_tls(&mut self) -> bool {
        // Without that it is an error.
        matches!(self.stream.0.read(&mut [0]), Ok(0))
    }

    /// Says in TLS that nothing more will come; the socket stays as it is.
    pub(crate) fn close_notify(&mut self) {
        self.stream.0.conn.send_close_notify();
        self.stream.flush().expect("the other end reads");
    }

    /// Closes the socket's sending side without a word in TLS.
    pub(crate) fn cut(&self) {
        self.stream.0.sock.socket.shutdown(Shutdown::Write).expect("it is open");
    }
}

impl Read for Tls {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Tls {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.0.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("records", &self.0.sock.seen.len()).finish_non_exhaustive()
    }
}

impl Records {
    fn note(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.body > 0 {
                let n = self.body.min(bytes.len());
                self.body -= n;
                bytes = &bytes[n..];
                continue;
            }
            let n = (5 - self.header.len()).min(bytes.len());
            self.header.extend_from_slice(&bytes[..n]);
            bytes = &bytes[n..];
            if let [kind, _, _, high, low] = self.header[..] {
                self.body = usize::from(u16::from_be_bytes([high, low]));
                self.seen.push((kind, self.body + 5));
                self.header.clear();
            }
        }
    }
}

impl Read for Records {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.socket.read(buffer)?;
        self.note(&buffer[..n]);
        Ok(n)
    }
}

impl Write for Records {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let n = if self.trickles { buffer.len().min(1) } else { buffer.len() };
        self.socket.write(&buffer[..n])
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.flush()
    }
}
