// Keeps events in SQLite: on disk before `keep` returns, for a power cut as well (synchronous = FULL).

/** @param {string} file */
export async function openEvents(file) {
  const { default: Database } = await import('better-sqlite3');
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec(`CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY, received_at INTEGER NOT NULL, headers TEXT NOT NULL, body BLOB NOT NULL,
    selector TEXT NOT NULL, payload TEXT NOT NULL)`);
  const insert = db.prepare('INSERT INTO events (received_at, headers, body, selector, payload) VALUES (?, ?, ?, ?, ?)');
  const insertAll = db.transaction((request, events) => {
    const headers = JSON.stringify(request.headers);
    for (const { selector, payload } of events) {
      insert.run(Date.now(), headers, request.rawBytes, selector, JSON.stringify(payload));
    }
  });
  return (request, events) => insertAll(request, events);
}
