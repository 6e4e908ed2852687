//! Opening a segment: checksum once per process, Parquet footer cached.

use std::collections::{HashSet, VecDeque};
use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

use bytes::Bytes;
use object_store::GetResultPayload;
use parking_lot::Mutex;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::bloom_filter::Sbbf;
use parquet::file::metadata::{ColumnChunkMetaData, PageIndexPolicy};
use parquet::file::reader::{ChunkReader, Length};

use crate::Error;
use crate::manifest::SegmentMeta;
use crate::objects::Objects;

/// Footers kept in memory; the least recently used goes first.
const FOOTERS: usize = 256;

/// The bytes of a segment, for Parquet's readers. Clones share them.
#[derive(Debug, Clone)]
pub enum SegmentFile {
    Local(Arc<File>),
    Memory(Bytes),
}

impl Length for SegmentFile {
    fn len(&self) -> u64 {
        match self {
            Self::Local(file) => Length::len(&**file),
            Self::Memory(bytes) => Length::len(bytes),
        }
    }
}

impl ChunkReader for SegmentFile {
    type T = Box<dyn Read + Send>;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        Ok(match self {
            Self::Local(file) => Box::new(file.get_read(start)?),
            Self::Memory(bytes) => Box::new(bytes.get_read(start)?),
        })
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        match self {
            // Positioned reads: clones of the handle share no cursor, so row groups can be read in parallel.
            Self::Local(file) => {
                use std::os::unix::fs::FileExt as _;
                let mut buffer = vec![0; length];
                file.read_exact_at(&mut buffer, start)?;
                Ok(buffer.into())
            }
            Self::Memory(bytes) => bytes.get_bytes(start, length),
        }
    }
}

impl SegmentFile {
    fn crc32(&self) -> io::Result<u32> {
        match self {
            Self::Memory(bytes) => Ok(crc32fast::hash(bytes)),
            Self::Local(file) => {
                use std::os::unix::fs::FileExt as _;
                let mut hasher = crc32fast::Hasher::new();
                let mut buffer = vec![0; 256 << 10];
                let mut at = 0;
                loop {
                    match file.read_at(&mut buffer, at)? {
                        0 => return Ok(hasher.finalize()),
                        n => {
                            hasher.update(&buffer[..n]);
                            at += n as u64;
                        }
                    }
                }
            }
        }
    }
}

/// An open segment.
#[derive(Debug, Clone)]
pub struct SegmentReader {
    pub meta: Arc<SegmentMeta>,
    pub file: SegmentFile,
    /// Footer, schema and page index.
    pub footer: ArrowReaderMetadata,
}

impl SegmentReader {
    /// Bytes that were attached.
    pub fn bytes(&self, offset: u64, length: usize) -> Result<Bytes, Error> {
        Ok(self.file.get_bytes(offset, length)?)
    }

    /// The Bloom filter of a column in a row group, if it has one.
    pub fn bloom_filter(&self, row_group: usize, column: &str) -> Result<Option<Sbbf>, Error> {
        let group = self.footer.metadata().row_group(row_group);
        let has_name = |chunk: &&ColumnChunkMetaData| chunk.column_path().parts() == [column];
        match group.columns().iter().find(has_name) {
            Some(chunk) => Ok(Sbbf::read_from_column_chunk(chunk, &self.file)?),
            None => Ok(None),
        }
    }
}

/// What is remembered of segments that were opened.
#[derive(Debug, Default)]
pub(crate) struct Readers {
    cache: Mutex<Cache>,
}

#[derive(Debug, Default)]
struct Cache {
    verified: HashSet<String>,
    /// With handles of local files, which need not be opened again then.
    footers: VecDeque<(String, ArrowReaderMetadata, Option<SegmentFile>)>,
}

impl Cache {
    fn footer(&mut self, id: &str) -> Option<(ArrowReaderMetadata, Option<SegmentFile>)> {
        let at = self.footers.iter().position(|(known, ..)| known == id)?;
        let entry = self.footers.remove(at)?;
        let found = (entry.1.clone(), entry.2.clone());
        self.footers.push_back(entry);
        Some(found)
    }

    fn remember(&mut self, id: &str, footer: ArrowReaderMetadata, file: &SegmentFile) {
        if self.footers.len() >= FOOTERS {
            self.footers.pop_front();
        }
        let local = matches!(file, SegmentFile::Local(_)).then(|| file.clone());
        self.footers.push_back((id.to_owned(), footer, local));
        self.verified.insert(id.to_owned());
    }
}

impl Readers {
    /// Opens a segment. The first time in this process its checksum is verified.
    pub(crate) async fn open(
        &self,
        objects: &Objects,
        meta: &Arc<SegmentMeta>,
    ) -> Result<SegmentReader, Error> {
        let known = self.cache.lock().footer(&meta.id);
        if let Some((footer, Some(file))) = known {
            return Ok(SegmentReader { meta: Arc::clone(meta), file, footer });
        }
        let file = match objects.get(&meta.path).await?.payload {
            GetResultPayload::File(file, _) => SegmentFile::Local(Arc::new(file)),
            payload @ GetResultPayload::Stream(_) => SegmentFile::Memory(collect(payload).await?),
        };
        if let Some((footer, _)) = known {
            return Ok(SegmentReader { meta: Arc::clone(meta), file, footer });
        }
        let verified = self.cache.lock().verified.contains(&meta.id);
        let expected = Arc::clone(meta);
        let opened = tokio::task::spawn_blocking(move || {
            if !verified {
                verify(&file, &expected)?;
            }
            let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional);
            let footer = ArrowReaderMetadata::load(&file, options)?;
            Ok::<_, Error>((file, footer))
        });
        let (file, footer) = opened.await.map_err(|_| Error::Closed)??;
        self.cache.lock().remember(&meta.id, footer.clone(), &file);
        Ok(SegmentReader { meta: Arc::clone(meta), file, footer })
    }

    pub(crate) fn forget(&self, id: &str) {
        let mut cache = self.cache.lock();
        cache.verified.remove(id);
        cache.footers.retain(|(known, ..)| known != id);
    }
}

fn verify(file: &SegmentFile, meta: &SegmentMeta) -> Result<(), Error> {
    let found = file.crc32().map_err(Error::io(&meta.path))?;
    if found == meta.crc32 {
        Ok(())
    } else {
        Err(Error::Damaged { path: meta.path.clone(), expected: meta.crc32, found })
    }
}

async fn collect(payload: GetResultPayload) -> Result<Bytes, Error> {
    use futures::TryStreamExt as _;
    let GetResultPayload::Stream(stream) = payload else {
        return Ok(Bytes::new());
    };
    let pieces: Vec<Bytes> = stream.try_collect().await?;
    Ok(pieces.concat().into())
}
