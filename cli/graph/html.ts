import { networksOf } from '../../inventory/free';
import { display } from '../../inventory/text';
import type { Env } from '../../inventory/types';

/**
 * The inventory as one page that needs nothing else: nodes, networks and stacks, with a search.
 * @param envs all envs
 * @returns HTML
 */
export function page(envs: readonly Env[]): string {
  const networks = networksOf(envs);
  const nodes = [...new Set(envs.map(nodeOf))].map((node): [string, Env[]] => [
    node,
    envs.filter((env) => nodeOf(env) === node),
  ]);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Stacks</title>
<style>${STYLE}</style>
<h1>Stacks</h1>
<label>Search <input id="search" type="search" placeholder="a name, an address, a node" autofocus></label> <output id="count"></output>
<h2>Networks</h2>
<ul class="cards">
${networks
  .map(
    ({ network, prefix, gateways, envs: inside, free, next }) =>
      `<li><b>${escape(`${network}/${prefix}`)}</b><br>${inside.length} in use, ${free} free${next === undefined ? '' : `, next ${next}`}${gateways.length === 0 ? '' : `<br>gateway ${gateways.map(escape).join(', ')}`}</li>`,
  )
  .join('\n')}
</ul>
${nodes
  .map(
    ([node, guests]) => `<section>
<h2>${escape(node)}</h2>
<ul class="cards">
${guests.map(card).join('\n')}
</ul>
</section>`,
  )
  .join('\n')}
<script>${SEARCH}</script>
</html>`;
}

const nodeOf = (env: Env): string =>
  env.guest.type === 'external' ? 'elsewhere' : `node ${display(env.node)}`;

function card(env: Env): string {
  const { stack, hostname, guest, vmid, addresses, app } = env;
  const what =
    guest.type === 'external'
      ? 'external host'
      : `${guest.type} ${vmid}, ${guest.cores} cores, ${guest.memory} MiB, ${guest.diskSize} GiB`;
  const from = app.type === 'none' ? '' : `<br>${escape(app.type)}, branch ${escape(display(app.branch))}`;
  const text = [stack, hostname, vmid, ...addresses, nodeOf(env), app.type, env.project, env.env]
    .join(' ')
    .toLowerCase();
  return `<li class="stack" data-text="${escape(text)}"><b>${escape(stack)}</b> ${escape(hostname)}<br>${escape(what)}<br>${escape(addresses.join(', '))}${from}</li>`;
}

const escape = (text: string): string => text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);

const STYLE = `
body{font:15px/1.4 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
h2{font-size:1.1rem;margin:1.5rem 0 .5rem}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(16rem,1fr));gap:.6rem;list-style:none;padding:0}
.cards li{border:1px solid #ccc;border-radius:.4rem;padding:.6rem}
[hidden]{display:none!important}
@media (prefers-color-scheme:dark){body{color:#ddd;background:#181818}.cards li{border-color:#444}}
`;

/** All words have to be there. What stands behind # in the address is searched for at once. */
const SEARCH = `
const search = document.getElementById('search');
const count = document.getElementById('count');
const show = () => {
  const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let found = 0;
  for (const item of document.querySelectorAll('.stack')) {
    item.hidden = !words.every((word) => item.dataset.text.includes(word));
    if (!item.hidden) found++;
  }
  for (const part of document.querySelectorAll('section')) part.hidden = !part.querySelector('.stack:not([hidden])');
  count.textContent = found + ' of ' + document.querySelectorAll('.stack').length;
};
search.value = decodeURIComponent(location.hash.slice(1));
search.addEventListener('input', () => { history.replaceState(null, '', '#' + encodeURIComponent(search.value)); show(); });
show();
`;
