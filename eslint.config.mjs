import tseslint from 'typescript-eslint';

const noClock = [
  { selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']", message: 'Take the time as an argument.' },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Take the time as an argument.' },
  { selector: "MemberExpression[object.name='Math'][property.name='random']", message: 'Take a seeded generator as an argument.' },
];
const noEnv = { selector: "MemberExpression[object.name='process'][property.name='env']", message: 'Only config/ reads the environment.' };
const noPlainError = { selector: 'ThrowStatement > NewExpression[callee.name=/Error$/]', message: 'A plain error stalls the workflow task; throw ApplicationFailure.' };

export default tseslint.config(
  { ignores: ['dist/**', '.tools/**', '.data/**', '.build/**', '**/*.js', '**/*.cjs', '**/*.mjs'] },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/require-await': 'off',
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 4],
      complexity: ['error', 12],
      'no-console': 'error',
      eqeqeq: 'error',
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true } }],
      'no-restricted-syntax': ['error', noEnv],
    },
  },
  { files: ['domain/**/*.ts', 'ports/**/*.ts'], rules: { 'no-restricted-syntax': ['error', noEnv, ...noClock] } },
  { files: ['workflows/**/*.ts'], rules: { 'no-restricted-syntax': ['error', noEnv, noPlainError] } },
  { files: ['config/**/*.ts'], rules: { 'no-restricted-syntax': 'off' } },
  { files: ['test/**/*.ts', 'bench/**/*.ts'], rules: { 'max-lines-per-function': 'off', '@typescript-eslint/no-non-null-assertion': 'off', 'no-restricted-syntax': 'off' } },
  // Jest's asymmetric matchers are typed any.
  { files: ['test/**/*.ts'], rules: { '@typescript-eslint/no-unsafe-argument': 'off', '@typescript-eslint/no-unsafe-assignment': 'off' } },
);
