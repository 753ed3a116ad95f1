// Prints the cases of papaparse's own parser tests, one JSON object a line. The package's folder is
// the argument. The cases are written in its test file between things that only a test runner has.
const fs = require('fs');
const path = require('path');

const folder = process.argv[2];
const nothing = () => undefined;
nothing.skip = nothing;
const load = (name) => {
    if (name === 'chai') return { assert: {}, expect: nothing };
    return name.startsWith('.') ? require(path.resolve(folder, 'tests', name)) : require(name);
};
const text = fs.readFileSync(path.join(folder, 'tests', 'test-cases.js'), 'utf8');
const cases = new Function('require', 'module', 'describe', text + '\nreturn [...CORE_PARSER_TESTS, ...PARSE_TESTS];');
for (const { description, input, config, expected } of cases(load, { exports: {} }, nothing)) {
    const settings = Object.entries(config || {}).map(([key, value]) =>
        [key, ['string', 'boolean', 'number'].includes(typeof value) ? value : typeof value]);
    console.log(JSON.stringify({ description, input, config: Object.fromEntries(settings), expected }));
}
