import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  schema: `${process.env.COPYDESK_URL ?? "http://127.0.0.1:8000"}/graphql`,
  documents: "site/queries/*.graphql",
  generates: {
    "site/src/generated/": {
      preset: "client",
      presetConfig: { fragmentMasking: false },
      config: {
        documentMode: "string",
        strictScalars: true,
        useTypeImports: true,
        scalars: {
          DateTime: "string",
          Date: "string",
          Decimal: "string",
          JSON: "unknown",
          SitePosition: "string",
        },
      },
    },
  },
};

export default config;
