import { UserError } from '../../inventory/user-error';
import type { Organization, WorkspaceVariable } from './tfe';

/** An answer of the API. Source: HCP Terraform, "API Overview": JSON:API. */
interface Document {
  data?: Resource | Resource[];
  errors?: { title?: string; detail?: string }[];
}

interface Resource {
  id: string;
  attributes?: Record<string, unknown>;
}

/** Sends one call. */
type Send = (method: string, path: string, body?: unknown) => Promise<Document | undefined>;

/** How calls are made. */
interface Caller {
  send: Send;
  /** The value of a variable; undefined: it is left out. */
  value: (name: string) => string | undefined;
  /** Says what was done. */
  say: (line: string) => void;
}

/**
 * Makes workspaces, the set of variables and the variables; what is there is kept, and its variables are brought up to date.
 * Source: HCP Terraform, API: workspaces, workspace variables, variable sets, variable set variables, projects.
 * @param wanted what an organization is to have
 * @param caller makes the calls
 */
export async function makeWorkspaces(wanted: Organization, caller: Caller): Promise<void> {
  const { send, say } = caller;
  const base = `/organizations/${encodeURIComponent(wanted.organization)}`;
  const ids: string[] = [];
  for (const { name, project, mode, agentPool, terraform, variables } of wanted.workspaces) {
    const known = one(await send('GET', `${base}/workspaces/${name}`));
    const attributes = {
      name,
      'execution-mode': mode,
      ...(agentPool === undefined ? {} : { 'agent-pool-id': agentPool }),
      ...(terraform === undefined ? {} : { 'terraform-version': terraform }),
    };
    const relationships =
      project === undefined || known
        ? {}
        : {
            relationships: {
              project: { data: { type: 'projects', id: await projectId(base, project, send) } },
            },
          };
    const data = { type: 'workspaces', attributes, ...relationships };
    const made = known
      ? one(await send('PATCH', `${base}/workspaces/${name}`, { data }))
      : one(await send('POST', `${base}/workspaces`, { data }));
    const id = made?.id ?? `{${name}}`;
    ids.push(id);
    say(`workspace ${name}: ${known ? 'is there, settings written' : 'made'}`);
    await setVariables(`/workspaces/${id}/vars`, `workspace ${name}`, variables, caller);
  }
  const { name, variables } = wanted.set;
  if (variables.length === 0) return;
  const sets = many(await send('GET', `${base}/varsets?page%5Bsize%5D=100`));
  const known = sets.find(({ attributes }) => attributes?.['name'] === name);
  const workspaces = ids.map((id) => ({ type: 'workspaces', id }));
  const attributes = { name, description: 'What all stacks of pvestack need.', global: false };
  const data = { type: 'varsets', attributes, relationships: { workspaces: { data: workspaces } } };
  const made = known ?? one(await send('POST', `${base}/varsets`, { data }));
  const id = made?.id ?? `{${name}}`;
  if (known) await send('POST', `/varsets/${id}/relationships/workspaces`, { data: workspaces });
  say(`variable set ${name}: ${known ? 'is there, workspaces added' : 'made'}`);
  await setVariables(`/varsets/${id}/relationships/vars`, `variable set ${name}`, variables, caller);
}

async function setVariables(
  path: string,
  owner: string,
  variables: readonly WorkspaceVariable[],
  { send, value, say }: Caller,
): Promise<void> {
  const known = variables.length === 0 ? [] : many(await send('GET', path));
  for (const { key, name, description, category, sensitive } of variables) {
    const given = value(name);
    if (given === undefined) {
      say(`${owner}: ${key} was left out, because TF_VAR_${name} is not set here`);
      continue;
    }
    const attributes = { key, value: given, description, category, hcl: false, sensitive };
    const before = known.find(
      (one) => one.attributes?.['key'] === key && one.attributes['category'] === category,
    );
    const data = { type: 'vars', attributes };
    if (before) await send('PATCH', `${path}/${before.id}`, { data: { ...data, id: before.id } });
    else await send('POST', path, { data });
    say(`${owner}: ${key} ${before ? 'written anew' : 'made'}`);
  }
}

async function projectId(base: string, project: string, send: Send): Promise<string> {
  const found = await send('GET', `${base}/projects?filter%5Bnames%5D=${encodeURIComponent(project)}`);
  if (!found) return `{project ${project}}`;
  const match = many(found).find(({ attributes }) => attributes?.['name'] === project);
  if (!match)
    throw new UserError(
      `There is no project ${project} in this organization: make it, or remove it from backend.`,
    );
  return match.id;
}

const one = (answer: Document | undefined): Resource | undefined =>
  Array.isArray(answer?.data) ? answer.data[0] : answer?.data;
const many = (answer: Document | undefined): Resource[] => {
  const { data } = answer ?? {};
  return data === undefined ? [] : Array.isArray(data) ? data : [data];
};

/**
 * Shows the calls instead of making them; questions are left out, and a value is named and not shown.
 * @param hostname of the API
 * @param print takes the lines
 * @returns what to give to `makeWorkspaces`
 */
export function dryCaller(hostname: string, print: (line: string) => void): Caller {
  return {
    send: (method, path, body) => {
      if (method !== 'GET')
        print(`${method} https://${hostname}/api/v2${path}\n${JSON.stringify(body, null, 2)}`);
      return Promise.resolve(undefined);
    },
    value: (name) => `(TF_VAR_${name})`,
    say: () => undefined,
  };
}

/**
 * Makes the calls.
 * @param hostname of the API
 * @param token of a user or a team, which may manage workspaces
 * @param environment where the values are
 * @param say takes what was done
 * @returns what to give to `makeWorkspaces`
 */
export function realCaller(
  hostname: string,
  token: string,
  environment: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Caller {
  const send: Send = async (method, path, body) => {
    const answer = await fetch(`https://${hostname}/api/v2${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/vnd.api+json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
      redirect: 'error',
    }).catch((error: unknown) => {
      const { cause, message } = error as Error;
      throw new UserError(
        `${hostname} does not answer: ${cause instanceof Error ? cause.message : message}. For a certificate of your own: NODE_EXTRA_CA_CERTS.`,
      );
    });
    if (method === 'GET' && answer.status === 404) return undefined;
    const text = await answer.text();
    if (answer.ok) return text === '' ? undefined : (JSON.parse(text) as Document);
    throw new UserError(`${hostname} refuses ${method} ${path} (HTTP ${answer.status}): ${refusal(text)}`);
  };
  return { send, value: (name) => environment[`TF_VAR_${name}`] || undefined, say };
}

/** The server's own words, bounded; 404 is also its answer to who may not. */
function refusal(text: string): string {
  try {
    const { errors = [] } = JSON.parse(text) as Document;
    const words = errors.map(({ title, detail }) => detail ?? title ?? '').join('; ');
    return words.replace(/[^\x20-\x7e]/g, ' ').slice(0, 300);
  } catch {
    return 'the answer is no JSON.';
  }
}
