/** Runs one table in a process of its own: `table-child.mjs verdict [--quick]`. It sends the result to main.mjs. */
const [name, ...flags] = process.argv.slice(2);
const { run } = await import(`../${name}.mjs`);
const result = await run({ quick: flags.includes('--quick') });
if (process.send) process.send(result, () => process.exit());
else console.log(`${result.markdown}\n`, result.goals);
