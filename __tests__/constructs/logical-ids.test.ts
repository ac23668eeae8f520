import { App, TerraformLocal, TerraformResource, TerraformStack, Testing } from 'cdktf';
import { Construct } from 'constructs';
import { LogicalIds } from '../../constructs/logical-ids';

class Stack extends TerraformStack {
  readonly #ids = new LogicalIds();

  protected override allocateLogicalId(element: Parameters<LogicalIds['allocate']>[0]): string {
    return this.#ids.allocate(element);
  }
}

function stackWith(...ids: [scope: string, id: string][]): Stack {
  const stack = new Stack(new App(), 'stack');
  for (const [scope, id] of ids)
    new TerraformResource(new Construct(stack, scope), id, { terraformResourceType: 'terraform_data' });
  return stack;
}

test('what is nested keeps its plain name, and another type may have the same', () => {
  const stack = stackWith(['guest', 'preflight'], ['other', 'ssh']);
  new TerraformLocal(new Construct(stack, 'locals'), 'preflight', 1);
  const { resource, locals } = JSON.parse(Testing.synth(stack)) as {
    resource: Record<string, object>;
    locals: object;
  };
  expect(Object.keys(resource['terraform_data'] ?? {})).toEqual(['preflight', 'ssh']);
  expect(locals).toEqual({ preflight: 1 });
});

test('two of the same type and name are refused with both', () => {
  const stack = stackWith(['a', 'layer'], ['b', 'layer']);
  expect(() => Testing.synth(stack)).toThrow(
    'stack/b/layer and stack/a/layer are both terraform_data.layer: give one of them another id',
  );
});
