/** Measures one part in a process of its own: `part-child.mjs verdict [--quick]`. It sends the figures to main.mjs. */
const [name, ...flags] = process.argv.slice(2);
const { measure } = await import(`../${name}.mjs`);
const figures = await measure({ quick: flags.includes('--quick') });
process.send(figures, () => process.exit());
