import { spawn, execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { LabOptions } from 'proxmox-emulator';
import { type AppRepository, serve } from './app-fixture';
import type { RealLab } from './real-lab';
import type { Requirement } from './requirements';

const PACKAGES = [
  ...[
    'ca-certificates',
    'cron',
    'curl',
    'git',
    'iproute2',
    'jq',
    'locales',
    'openssh-server',
    'sudo',
    'tzdata',
  ],
  ...['ufw', 'unattended-upgrades', 'logrotate', 'python3', 'python3-venv', 'build-essential', 'python3-dev'],
  ...['libpq-dev', 'postgresql'],
];

/** Templates with the packages of base_os, of a Python application and of PostgreSQL in them. */
export const PYTHON_BAKED: Required<Pick<LabOptions, 'bases'>> = {
  bases: {
    'debian-12-pote_1_amd64.tar.zst': { suite: 'bookworm', include: PACKAGES },
    'debian-13-pote_1_amd64.tar.zst': { suite: 'trixie', include: PACKAGES },
  },
};
/** Their names in an inventory. */
export const PYTHON_TEMPLATES = {
  12: 'local:vztmpl/debian-12-pote_1_amd64.tar.zst',
  13: 'local:vztmpl/debian-13-pote_1_amd64.tar.zst',
} as const;

/** An SSH server, to serve a private repository. */
export const sshd: Requirement = {
  name: 'sshd',
  met: () => {
    try {
      execFileSync('test', ['-x', '/usr/sbin/sshd']);
      return true;
    } catch {
      return false;
    }
  },
};

const migration = (id: string, before: string | undefined, upgrade: string): string => `from alembic import op
import sqlalchemy as sa
revision = "${id}"
down_revision = ${before === undefined ? 'None' : `"${before}"`}
def upgrade():
    ${upgrade}
`;

/** The path and the text of a migration of the fixture. */
export function migrationFile(
  id: string,
  before: string | undefined,
  upgrade: string,
): Record<string, string> {
  return { [`migrations/versions/${id}.py`]: migration(id, before, upgrade) };
}

const script = (kind: string): string => `#!/bin/sh
set -eu
python -c 'from pote.db import add_run; add_run("${kind}")'
echo "${kind} run done"
echo "${kind}" >>"$HOME/logs/${kind}.log"
`;

/** A service that answers by HTTP. */
const api = (status: number): string => `import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from sqlalchemy import text
from pote.db import engine
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        with engine.connect() as connection:
            connection.execute(text("select count(*) from runs"))
        self.send_response(${status})
        self.end_headers()
        self.wfile.write(b"well")
    def log_message(self, *args):
        pass
HTTPServer(("", int(os.environ["PORT"])), Handler).serve_forever()
`;
/** A service that starts, and answers that it is not well. */
export const SICK_SERVICE: Readonly<Record<string, string>> = { 'src/pote/api.py': api(500) };

/** An application of POTE's shape: src layout, its own reader of .env, Alembic with two migrations, the four scripts. */
export const POTE: Readonly<Record<string, string>> = {
  // docopt is there as source only: pip builds it once, and keeps what it built.
  'requirements.txt': 'alembic\ndocopt\npsycopg[binary]\npython-dotenv\n',
  'pyproject.toml': `[project]
name = "pote"
version = "1.0.0"
[build-system]
requires = ["setuptools>=61"]
build-backend = "setuptools.build_meta"
[tool.setuptools.packages.find]
where = ["src"]
`,
  'alembic.ini': '[alembic]\nscript_location = migrations\n',
  'migrations/env.py': `from alembic import context
from pote.db import engine
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
`,
  ...migrationFile(
    '0001',
    undefined,
    'op.create_table("runs", sa.Column("id", sa.Integer, primary_key=True), sa.Column("kind", sa.Text, nullable=False))',
  ),
  ...migrationFile(
    '0002',
    '0001',
    'op.create_table("trades", sa.Column("id", sa.Integer, primary_key=True), sa.Column("ticker", sa.Text))',
  ),
  'src/pote/__init__.py': '',
  // The file alone, not the environment: what a reader of settings of an application's own does.
  'src/pote/config.py': `from dotenv import dotenv_values
SETTINGS = dotenv_values(".env")
URL = SETTINGS["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://", 1)
`,
  'src/pote/db.py': `from sqlalchemy import create_engine, text
from pote.config import URL
engine = create_engine(URL)
def add_run(kind):
    with engine.begin() as connection:
        connection.execute(text("insert into runs(kind) values (:kind)"), {"kind": kind})
`,
  'src/pote/api.py': api(200),
  'health_check.py': `import json, sys
from sqlalchemy import text
from pote.db import engine
with engine.connect() as connection:
    runs = connection.execute(text("select count(*) from runs")).scalar()
print(json.dumps({"status": "ok", "runs": runs}))
sys.exit(0)
`,
  'scripts/automated_daily_run.sh': script('daily'),
  'scripts/automated_weekly_run.sh': script('weekly'),
  'scripts/send_daily_report.py': `import argparse, smtplib
from pote.config import SETTINGS
parser = argparse.ArgumentParser()
parser.add_argument("--to", required=True)
to = parser.parse_args().to
with smtplib.SMTP(SETTINGS["SMTP_HOST"], int(SETTINGS["SMTP_PORT"]), timeout=10) as server:
    server.sendmail("pote@example.lan", [to], "Subject: daily report\\r\\n\\r\\nall well\\r\\n")
print("sent to", to)
`,
};

/** Makes the scripts of the fixture executable, and commits that. */
export function makeExecutable(repository: AppRepository): void {
  for (const kind of ['daily', 'weekly'])
    chmodSync(path.join(repository.folder, 'scripts', `automated_${kind}_run.sh`), 0o755);
  repository.commit('executable');
}

/** An SSH server in the network of the guests that lets keys read one repository and nothing else. */
export interface PrivateRepository {
  /** For `repo`. */
  url: string;
  /** For `git_known_hosts`. */
  knownHost: string;
  /** Makes a key pair. @returns its private half */
  newKey(): string;
  /** From now on only this key opens the repository. */
  allowOnly(privateKey: string): void;
  stop(): void;
}

/**
 * Serves a repository over SSH at 10.0.10.1:2222, read-only, for deploy keys.
 * @param lab the lab
 * @param repository what to serve
 * @returns the server; no key opens it yet
 */
export async function servePrivately(lab: RealLab, repository: AppRepository): Promise<PrivateRepository> {
  const folder = mkdtempSync(path.join(repository.base, 'sshd-'));
  let keys = 0;
  const keyPair = (): string => {
    const file = path.join(folder, `key${keys++}`);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', file]);
    return file;
  };
  const publicOf = (file: string): string => readFileSync(`${file}.pub`, 'utf8').trim();
  const host = keyPair();
  const authorized = path.join(folder, 'authorized_keys');
  writeFileSync(authorized, '', { mode: 0o600 });
  const config = [
    ...[
      'Port 2222',
      'ListenAddress 10.0.10.1',
      `HostKey ${host}`,
      'PidFile none',
      'UsePAM no',
      'StrictModes no',
    ],
    ...[`AuthorizedKeysFile ${authorized}`, 'PermitRootLogin prohibit-password', 'PasswordAuthentication no'],
    'KbdInteractiveAuthentication no',
  ];
  writeFileSync(path.join(folder, 'config'), `${config.join('\n')}\n`);
  mkdirSync('/run/sshd', { recursive: true });
  const stop = await serve(lab, 2222, ['/usr/sbin/sshd', '-D', '-e', '-f', path.join(folder, 'config')]);
  const files = new Map<string, string>();
  return {
    url: `ssh://root@10.0.10.1:2222${repository.folder}`,
    knownHost: `[10.0.10.1]:2222 ${publicOf(host)}`,
    newKey: () => {
      const file = keyPair();
      const secret = readFileSync(file, 'utf8');
      files.set(secret, file);
      return secret;
    },
    allowOnly: (secret) => {
      const command = `command="git-upload-pack '${repository.folder}'",restrict`;
      writeFileSync(authorized, `${command} ${publicOf(files.get(secret) ?? '')}\n`);
    },
    stop,
  };
}

/** A mail as the server got it. */
export interface Mail {
  to: string;
  /** `user:password`, where the client logged in. */
  login?: string;
  /** Whether the connection was encrypted. */
  tls: boolean;
  /** Headers and text, lines as they came. */
  data: string;
}

/** A mail server in the network of the guests. */
export interface MailServer {
  /** What came so far. */
  mails: Mail[];
  /** Waits for the next mail. @throws Error after 20 s */
  next(): Promise<Mail>;
  stop(): void;
}

const SMTP_SERVER = `
const serve = (socket, tls, upgrade) => {
  let mail = { tls }, mode = 'line', rest = '';
  const say = (line) => socket.write(line + '\\r\\n');
  // After STARTTLS nobody greets again (RFC 3207 4.2).
  if (!tls || !upgrade) say('220 mail.example.lan ESMTP');
  socket.setEncoding('latin1');
  socket.on('error', () => {});
  const line = (text) => {
    if (mode === 'data') {
      if (text !== '.') return void (mail.data += text + '\\r\\n');
      mode = 'line';
      console.log(JSON.stringify(mail));
      mail = { tls };
      return say('250 taken');
    }
    const verb = text.slice(0, 4).toUpperCase();
    const offers = upgrade && !tls ? '250 STARTTLS' : '250 AUTH PLAIN';
    if (verb === 'EHLO') return socket.write('250-mail.example.lan\\r\\n' + offers + '\\r\\n');
    if (verb === 'STAR' && upgrade && !tls) {
      say('220 go on');
      socket.removeAllListeners('data');
      return serve(new TLSSocket(socket, { isServer: true, ...identity }), true, true);
    }
    if (verb === 'AUTH') {
      const word = text.split(' ')[2];
      if (word === undefined) return (mode = 'auth'), say('334 ');
      return login(word);
    }
    if (mode === 'auth') return (mode = 'line'), login(text);
    if (verb === 'RCPT') mail.to = /<(.*?)>/.exec(text)[1];
    if (verb === 'DATA') return (mode = 'data'), (mail.data = ''), say('354 go on');
    if (verb === 'QUIT') return say('221 bye'), socket.end();
    say('250 ok');
  };
  const login = (word) => {
    mail.login = Buffer.from(word, 'base64').toString().split('\\0').slice(1).join(':');
    say('235 welcome');
  };
  socket.on('data', (chunk) => {
    // CRLF only ends a line, as RFC 5321 2.3.8 says.
    const lines = (rest + chunk).split('\\r\\n');
    rest = lines.pop();
    lines.forEach(line);
  });
};
const { createServer, TLSSocket } = require('node:tls');
const fs = require('node:fs');
const net = require('node:net');
const [key, cert] = process.argv.slice(1).map((file) => fs.readFileSync(file));
const identity = { key, cert };
net.createServer((socket) => serve(socket, false, false)).listen(2525, '10.0.10.1');
net.createServer((socket) => serve(socket, false, true)).listen(587, '10.0.10.1');
createServer(identity, (socket) => serve(socket, true, false)).listen(465, '10.0.10.1');
`;

/**
 * Starts a mail server at 10.0.10.1: port 2525 plain, port 587 with STARTTLS, port 465 with TLS from the start.
 * @param lab the lab
 * @param key path of the key of its certificate
 * @param cert path of the certificate
 * @returns the server
 */
export async function serveMail(lab: RealLab, key: string, cert: string): Promise<MailServer> {
  const [file = '', ...args] = lab.wrap([process.execPath, '-e', SMTP_SERVER, key, cert]);
  const server = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const mails: Mail[] = [];
  let rest = '';
  let taken = 0;
  server.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    mails.push(...lines.map((line) => JSON.parse(line) as Mail));
  });
  const next = async (): Promise<Mail> => {
    for (let tries = 0; tries < 200; tries++) {
      const mail = mails[taken];
      if (mail) {
        taken++;
        return mail;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error('no mail came within 20 s');
  };
  return { mails, next, stop: () => server.kill() };
}

/** The resources that a plan touches, layers by their names, sorted. */
export function touched(plan: string): string[] {
  const found = [...plan.matchAll(/^\s*# (\S+) (?:must be|will be|is tainted)/gm)].map(
    ([, name = '']) => name,
  );
  return found
    .filter((name) => !name.startsWith('data.'))
    .map((name) => name.replace('null_resource.', ''))
    .sort();
}
