import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  schema: "schema.graphql",
  documents: "queries/**/*.graphql",
  generates: {
    "src/generated/": {
      preset: "client",
      config: {
        strictScalars: true,
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
