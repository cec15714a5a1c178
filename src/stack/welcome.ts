/** What a person at a terminal is told when everything runs. */
import pc from 'picocolors';
import type { Stack } from './start-stack.js';

export function welcome({ apiUrl, uiUrl, dataDir, isOpen }: Stack): string {
  const body = {
    goal: 'Say hello',
    plan: {
      steps: [
        { id: 'hello', tool: 'echo', args: { text: 'Hello' } },
        { id: 'pause', tool: 'wait', args: { seconds: 2 }, dependsOn: ['hello'] },
        {
          id: 'again',
          tool: 'echo',
          args: { text: '{{steps.hello.output.text}} again' },
          dependsOn: ['pause'],
        },
      ],
    },
  };
  const signIn = isOpen ? '' : ' -H "authorization: Bearer $PERDURE_TOKEN"';
  return `
${pc.bold('perdure is ready')}
  Console          ${pc.cyan(`${apiUrl}/console`)}
  API              ${pc.cyan(apiUrl)}
  Temporal Web UI  ${pc.cyan(uiUrl ?? 'that of your Temporal')}
  data             ${dataDir}

${isOpen ? '' : `Callers sign in: with a token of your issuer, or with an API key, as of\n  npm run -s perdure -- keys create --tenant me --name "my first"\n\n`}Try it: submit a run and watch it in one call
  curl -N ${apiUrl}/v1/runs${signIn} -H 'accept: text/event-stream' -H 'content-type: application/json' -d '${JSON.stringify(body)}'

Ctrl-C stops everything.
`;
}
