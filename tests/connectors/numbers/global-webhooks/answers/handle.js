// Answers with what JSON is after everything that handlers do to it.
export default async function handle({ data, parameters, rawBody }) {
  const { ordinary } = data;
  return {
    response: {
      data: {
        data,
        clone: structuredClone(data),
        spread: { ...data },
        parsed: JSON.parse(rawBody),
        text: JSON.stringify(data),
        texts: Object.fromEntries(Object.entries(data).map(([name, value]) => [name, `${value}`])),
        tenant: parameters.tenant,
        arithmetic: ordinary === undefined ? undefined : [ordinary === 1, ordinary + 1, Number.isSafeInteger(ordinary), typeof ordinary],
      },
    },
  };
}
