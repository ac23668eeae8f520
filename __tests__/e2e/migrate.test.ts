import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { servePostgres, serveS3 } from '../support/backends';
import { serveStates } from '../support/http-state';
import { openLab, type OpenLab } from '../support/lab';
import { command, describeWith, providers, type Requirement } from '../support/requirements';
import { type Outcome, runCommand } from '../support/workspace';

jest.setTimeout(300_000);

const BIN = path.join(__dirname, '..', '..', 'bin', 'pvestack.js');
const STACK = 'app-shop-dev';

const inventory = (backend: string, memory = 512): string => `configure: false
backend: ${backend}
guest: {memory: ${memory}}
app_projects:
  shop:
    app_type: none
    envs:
      dev: {name: shop-dev, vmid: 301, ip: 10.0.10.31/24, gateway: 10.0.10.1}
`;

/** A backend that states can be brought to. */
interface Place {
  what: string;
  needs: Requirement[];
  /** Starts its server. */
  open(): Promise<{
    backend: string;
    env: NodeJS.ProcessEnv;
    stop: () => unknown;
    lock?: () => Promise<unknown>;
  }>;
}

const PLACES: Place[] = [
  {
    what: 'http',
    needs: [],
    open: async () => {
      const server = await serveStates('states', 'pw');
      const url = `${server.url}/{stack}`;
      return {
        backend: `{type: http, address: "${url}", lock_address: "${url}", unlock_address: "${url}"}`,
        env: { TF_HTTP_USERNAME: 'states', TF_HTTP_PASSWORD: 'pw' },
        stop: server.stop,
      };
    },
  },
  {
    what: 's3',
    needs: [command('moto_server')],
    open: async () => {
      const server = await serveS3();
      const url = `http://127.0.0.1:${server.port}`;
      return {
        backend: `{type: s3, bucket: states, prefix: a, endpoint: "${url}"}`,
        env: { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'y' },
        stop: server.stop,
        lock: () =>
          fetch(`${url}/states/a/${STACK}.tfstate.tflock`, {
            method: 'PUT',
            body: JSON.stringify({
              ID: 'l',
              Operation: 'OperationTypeApply',
              Who: 'ops@example.lan',
              Version: '1.11.4',
              Created: '2026-01-01T00:00:00Z',
            }),
          }),
      };
    },
  },
  {
    what: 'pg',
    needs: [command('initdb'), command('postgres'), command('psql')],
    open: async () => {
      const server = await servePostgres();
      return {
        backend: `{type: pg, conn_str: "postgres://states@127.0.0.1:${server.port}/states?sslmode=disable"}`,
        env: {},
        stop: server.stop,
      };
    },
  },
];

for (const { what, needs, open } of PLACES) {
  describeWith([providers, ...needs], `migration between local and ${what}`, () => {
    let lab: OpenLab;
    let place: Awaited<ReturnType<Place['open']>>;

    beforeEach(async () => {
      lab = await openLab();
      const config = { language: 'typescript', app: 'true', context: { inventory: 'inventory.yml' } };
      writeFileSync(path.join(lab.workspace.root, 'cdktf.json'), JSON.stringify(config));
      place = await open();
      Object.assign(lab.workspace.env, place.env);
    });

    afterEach(async () => {
      await place.stop();
      await lab.close();
    });

    const pvestack = (...args: string[]): Promise<Outcome> =>
      runCommand(process.execPath, [BIN, ...args], {
        cwd: lab.workspace.root,
        env: { ...process.env, ...lab.workspace.env },
      });
    const write = (text: string): void => {
      writeFileSync(path.join(lab.workspace.root, 'inventory.yml'), text);
    };

    test('there and back, with an empty plan each time', async () => {
      const { workspace } = lab;
      workspace.synth(inventory('{type: local}'));
      expect(await workspace.apply(STACK)).toMatchObject({ code: 0 });
      const state = workspace.stateFile(STACK);

      // There, but the plan is not empty: the old state stays.
      write(inventory(place.backend, 1024));
      const changed = await pvestack('migrate', 'shop');
      expect(changed).toMatchObject({ code: 1 });
      expect(changed.output).toContain(
        `its state is in ${what} now, but the next plan is not empty (Plan: 0 to add, 1 to change, 0 to destroy.)`,
      );
      expect(existsSync(state)).toBe(true);

      // A clone that knows nothing of it goes on where that ended.
      rmSync(workspace.folder(STACK), { recursive: true });
      write(inventory(place.backend));
      const there = await pvestack('migrate', 'shop');
      expect(there).toEqual({
        code: 0,
        output: `${STACK}: its state is in ${what} now, and the next plan is empty. state/${STACK}.tfstate was removed.\n`,
      });
      expect([existsSync(state), existsSync(`${state}.backup`)]).toEqual([false, false]);
      expect((await pvestack('migrate', 'shop')).output).toBe(
        `${STACK}: its state is in ${what} already; nothing was done.\n`,
      );

      if (place.lock) {
        await place.lock();
        const locked = await workspace.plan(STACK, '-lock-timeout=0s');
        expect(locked.code).toBe(1);
        expect(locked.output).toMatch(/Error acquiring the state lock[^]*ops@example\.lan/);
        expect(await workspace.terraform(STACK, ['force-unlock', '-force', 'l'])).toMatchObject({ code: 0 });
      }

      write(inventory('{type: local}'));
      expect(await pvestack('migrate', 'shop')).toEqual({
        code: 0,
        output: `${STACK}: its state is in local now, and the next plan is empty. The old state in ${what} was left where it is.\n`,
      });
      expect(existsSync(state)).toBe(true);
    });

    test('another state in the way is refused, and so is one that nobody knows', async () => {
      const { workspace } = lab;
      write(inventory(place.backend));
      const unknown = await pvestack('migrate', 'shop');
      expect(unknown).toMatchObject({ code: 1 });
      expect(unknown.output).toContain(`${STACK}: nothing here knows where its state was`);
      workspace.synth(inventory(place.backend));
      expect(await workspace.apply(STACK)).toMatchObject({ code: 0 });
      mkdirSync(path.join(workspace.root, 'state'));
      const other = {
        version: 4,
        terraform_version: '1.11.4',
        serial: 1,
        lineage: 'other',
        outputs: {},
        check_results: null,
      };
      const resource = {
        mode: 'managed',
        type: 'terraform_data',
        name: 'x',
        provider: 'provider["terraform.io/builtin/terraform"]',
        instances: [],
      };
      writeFileSync(
        workspace.stateFile(STACK),
        JSON.stringify({
          ...other,
          resources: [{ ...resource, instances: [{ schema_version: 0, attributes: { id: 'x' } }] }],
        }),
      );
      rmSync(workspace.folder(STACK), { recursive: true });
      const refused = await pvestack('migrate', 'shop');
      expect(refused).toMatchObject({ code: 1 });
      expect(refused.output).toContain(`${what} has another state of this stack already`);
      expect(existsSync(workspace.stateFile(STACK))).toBe(true);
    });
  });
}
