//! HTTP/1.1 over one kept connection, with as little work as possible: the generator shares the machine with what it
//! measures. Requests are bytes made beforehand; of an answer only status and length are understood.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const BUFFER_BYTES: usize = 16 << 10;
const MESSAGE_BYTES_MAX: usize = 64 << 20;

pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    filled: usize,
}

/// What came over a connection: a request or an answer.
pub(crate) struct Message<'b> {
    /// The first line and the headers.
    pub(crate) head: &'b str,
    pub(crate) body: &'b [u8],
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> io::Result<Connection> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Connection::of(stream))
    }

    pub(crate) fn of(stream: TcpStream) -> Connection {
        Connection { stream, buffer: vec![0; BUFFER_BYTES], filled: 0 }
    }

    /// Sends a request and returns the status of its answer.
    pub(crate) async fn status_of(&mut self, request: &[u8]) -> io::Result<u16> {
        self.send(request).await?;
        let message = self.receive().await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        status(message.head)
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// The next message; `None` if the other side has closed the connection instead.
    pub(crate) async fn receive(&mut self) -> io::Result<Option<Message<'_>>> {
        self.filled = 0;
        let head = loop {
            if let Some(end) = end_of_head(self.read_so_far()) {
                break end;
            }
            if !self.read().await? {
                return if self.filled == 0 { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
            }
        };
        let end = head + length_of_body(text(self.read_so_far().get(..head))?)?;
        if end > self.buffer.len() {
            self.buffer.resize(end, 0);
        }
        while self.filled < end {
            if !self.read().await? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let (head, body) = self.read_so_far().split_at(head);
        Ok(Some(Message { head: text(Some(head))?, body }))
    }

    fn read_so_far(&self) -> &[u8] {
        self.buffer.get(..self.filled).unwrap_or_default()
    }

    /// Reads on; `false` at the end.
    async fn read(&mut self) -> io::Result<bool> {
        if self.filled == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        let room = self.buffer.get_mut(self.filled..).unwrap_or_default();
        let count = self.stream.read(room).await?;
        self.filled += count;
        Ok(count > 0)
    }
}

/// A request as bytes.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    [head.as_bytes(), body].concat()
}

/// The status in the first line of an answer.
pub(crate) fn status(head: &str) -> io::Result<u16> {
    head.get(9..12).and_then(|digits| digits.parse().ok()).ok_or_else(|| invalid("an answer without a status"))
}

/// A header's value.
pub(crate) fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.split("\r\n").skip(1).find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

fn end_of_head(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

fn length_of_body(head: &str) -> io::Result<usize> {
    if header(head, "transfer-encoding").is_some() {
        return Err(invalid("a body without a length: not understood here"));
    }
    let Some(length) = header(head, "content-length") else { return Ok(0) };
    let length = length.parse().map_err(|_| invalid("a length that is no number"))?;
    if length > MESSAGE_BYTES_MAX {
        return Err(invalid("a body of more than 64 MiB"));
    }
    Ok(length)
}

fn text(bytes: Option<&[u8]>) -> io::Result<&str> {
    std::str::from_utf8(bytes.unwrap_or_default()).map_err(|_| invalid("a head that is no text"))
}

fn invalid(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// What a connection makes of bytes that come in these pieces.
    async fn received(pieces: &'static [&'static str]) -> io::Result<Option<(u16, String)>> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let sender = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            for piece in pieces {
                stream.write_all(piece.as_bytes()).await.unwrap();
                stream.flush().await.unwrap();
                tokio::task::yield_now().await;
            }
        });
        let mut connection = Connection::open(address).await.unwrap();
        let message = connection.receive().await;
        sender.await.unwrap();
        let message = message?;
        Ok(message.map(|message| (status(message.head).unwrap(), String::from_utf8(message.body.to_vec()).unwrap())))
    }

    #[tokio::test]
    async fn an_answer_is_read_whole_in_whatever_pieces_it_comes() {
        let whole = received(&["HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nhello"]).await.unwrap();
        let pieces =
            received(&["HTTP/1.1 201 Cr", "eated\r\nContent-Le", "ngth: 5\r\n\r", "\nhe", "llo"]).await.unwrap();
        assert_eq!(whole, Some((201, "hello".to_owned())));
        assert_eq!(pieces, whole);
    }

    #[tokio::test]
    async fn a_closed_connection_is_no_answer_and_a_cut_answer_is_an_error() {
        assert_eq!(received(&[]).await.unwrap(), None);
        assert!(received(&["HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort"]).await.is_err());
        assert!(received(&["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"]).await.is_err());
    }
}
