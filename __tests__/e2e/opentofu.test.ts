/**
 * With OpenTofu in the place of Terraform: what people type and read, the guards, and what keeps a guest from being
 * destroyed. The suites are those of their own files; they take the program from the environment when they are loaded.
 */
process.env['TERRAFORM_BINARY_NAME'] = 'tofu';

describe('with OpenTofu', () => {
  for (const suite of ['direct', 'lifecycle', 'deployed']) {
    jest.requireActual(`./${suite}.test`);
  }
});
