const js = require('@eslint/js');
const ts = require('typescript-eslint');

/**
 * Forbids imports that would turn an arrow of the design round.
 * @param {string} folder the folder whose files the rule is for
 * @param {string[]} others folders and files of the root that they may not import
 * @returns a part of the configuration
 */
const imports = (folder, others) => ({
  files: [`${folder}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            regex: `^(\\.\\./)+(${others.join('|')})(/|$)`,
            message: `${folder}/ is below ${others.join(', ')} and knows nothing of them.`,
          },
        ],
      },
    ],
  },
});

module.exports = ts.config(
  { ignores: ['node_modules/', 'dist/', '.gen/', 'cdktf.out/', 'coverage/', '**/fixtures/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...ts.configs.strict, ...ts.configs.stylistic],
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
    },
  },
  imports('inventory', ['renderers', 'constructs', 'cli', 'main']),
  imports('renderers', ['constructs', 'cli', 'main', '\\.gen']),
  imports('constructs', ['cli', 'main']),
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
        performance: 'readonly',
        setTimeout: 'readonly',
      },
    },
  },
);
