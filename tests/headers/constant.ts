/**
 * What a constant expression of a module comes to, read from its syntax: nothing is run.
 *
 * @module
 */
import { bare, dotted, type Node, numberIn, type Syntax } from "./syntax.ts";

/** A number, a text, or a table of them. */
export type Value = number | bigint | string | boolean | null | Value[] | { [key: string]: Value };

/** Says that an expression is none of those that are understood. */
export class NotConstant extends Error {
  override readonly name = "NotConstant";
}

/** The value of `node`. @throws {NotConstant} */
export function valueOf(syntax: Syntax, node: Node): Value {
  const expression = bare(node);
  switch (expression.type) {
    case "Literal":
      return numberIn(expression) ?? expression.value as Value;
    case "UnaryExpression":
      return unary(expression.operator, valueOf(syntax, expression.argument));
    case "BinaryExpression":
      return binary(
        expression.operator,
        valueOf(syntax, expression.left),
        valueOf(syntax, expression.right),
      );
    case "Identifier": {
      const { init } = syntax.constants.get(expression.name) ?? {};
      if (init) return valueOf(syntax, init);
      break;
    }
    case "ArrayExpression":
      return expression.elements.flatMap((element) =>
        element.type === "SpreadElement"
          ? valueOf(syntax, element.argument) as Value[]
          : [valueOf(syntax, element)]
      );
    case "ObjectExpression":
      return Object.fromEntries(
        expression.properties.map((property) => {
          if (property.type !== "Property") throw new NotConstant(property.type);
          return [keyOf(property), valueOf(syntax, property.value)];
        }),
      );
    case "CallExpression":
      // Both only change in what form the value is held.
      if (["Deno.UnsafePointer.create", "guid"].includes(dotted(expression.callee))) {
        return valueOf(syntax, expression.arguments[0]!);
      }
      break;
  }
  throw new NotConstant(expression.type);
}

/** The name of a property. */
export function keyOf({ key, computed }: Deno.lint.Property): string {
  if (!computed && key.type === "Identifier") return key.name;
  if (key.type === "Literal") return String(key.value);
  throw new NotConstant("a computed name");
}

function unary(operator: string, value: Value): Value {
  if (operator === "-" && typeof value === "number") return -value;
  if (operator === "-" && typeof value === "bigint") return -value;
  throw new NotConstant(operator);
}

function binary(operator: string, left: Value, right: Value): Value {
  if (typeof left !== "number" || typeof right !== "number") throw new NotConstant(operator);
  switch (operator) {
    case "|":
      return left | right;
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "<<":
      return left << right;
    case ">>>":
      return left >>> right;
    default:
      throw new NotConstant(operator);
  }
}
