/** A view that shows a text in every way that a view can. */
import { renderToString } from "ink";
import { Keys, Line, Rule } from "../../../lib/ui/components.tsx";
import { Text } from "../../../lib/ui/plain_text.tsx";
import { Field, textField } from "../../../lib/ui/text_field.tsx";

/** What the terminal would be sent for it, without colours. */
export function plainTextFrame(text: string): string {
  return renderToString(
    <>
      <Line pieces={[{ text }, { text, bold: true }]} />
      <Rule title={text} width={40} />
      <Keys keys={[[text, text]]} />
      <Field field={textField(text)} />
      <Field field={textField()} hint={text} />
      <Text>
        {text}
        {"and"}
        <Text>{text}</Text>
      </Text>
    </>,
    { columns: 60 },
  );
}
