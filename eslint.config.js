const js = require('@eslint/js');
const ts = require('typescript-eslint');

const PRODUCT = {
  regex:
    '(^|/)(inventory|renderers|kinds|features|constructs|cli)(/|$)|^(\\.\\./)+(main|registry)$|^pvestack',
  message: 'The emulator knows nothing of pvestack: it serves any client of Proxmox.',
};
const EMULATOR = {
  regex: '(^|/)proxmox-emulator(/|$)',
  message: 'Only the commands `emulator` and `demo` (and tests) use the emulator.',
};
const INSIDE_EMULATOR = {
  regex: '(^|/)proxmox-emulator/(?!__tests__/client$)',
  message: 'Import from `proxmox-emulator`: what it does not export is its own.',
};

/** What is above a folder, so that an import of it would turn an arrow round. */
const above = (...names) => ({
  regex: `^(\\.\\./)+(${names.join('|')})(/|$)`,
  message: `The arrows go down: this folder knows nothing of ${names.join(', ')}.`,
});

/** Kinds and features: handed in, and known by name to nobody who uses them. */
const PARTS = ['kinds', 'features', 'registry'];

/** What the files of a folder must not import. The last pattern that a file matches counts, so name each once. */
const borders = {
  'packages/proxmox-emulator/**': [PRODUCT],
  'inventory/**': [EMULATOR, above('renderers', ...PARTS, 'constructs', 'cli', 'main')],
  'renderers/**': [EMULATOR, above(...PARTS, 'constructs', 'cli', 'main')],
  'kinds/**': [EMULATOR, above('features', 'registry', 'constructs', 'cli', 'main')],
  'features/**': [EMULATOR, above('kinds', 'registry', 'constructs', 'cli', 'main')],
  'constructs/**': [EMULATOR, above(...PARTS, 'cli', 'main')],
  'registry.ts': [EMULATOR],
  'main.ts': [EMULATOR],
  'cli/**': [EMULATOR],
  'cli/{demo,emulator}.ts': [INSIDE_EMULATOR],
  '__tests__/**': [INSIDE_EMULATOR],
};

module.exports = ts.config(
  { ignores: ['node_modules/', '**/dist/', '.gen/', 'cdktf.out/', 'coverage/', '**/fixtures/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...ts.configs.strict, ...ts.configs.stylistic],
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
    },
  },
  Object.entries(borders).map(([files, patterns]) => ({
    files: [files],
    rules: { 'no-restricted-imports': ['error', { patterns }] },
  })),
  {
    files: ['**/*.js'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: {
        require: 'readonly',
        module: 'writable',
        process: 'readonly',
        console: 'readonly',
        __dirname: 'readonly',
        __filename: 'readonly',
        performance: 'readonly',
        setTimeout: 'readonly',
      },
    },
  },
);
