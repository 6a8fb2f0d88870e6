import { createTheme, Modal, Select } from "@mantine/core";

// Shade 8 with automatic contrast is what keeps Mantine's own parts within WCAG AA in both schemes.
export const theme = createTheme({
  primaryColor: "indigo",
  primaryShade: 8,
  autoContrast: true,
  luminanceThreshold: 0.3,
  defaultRadius: "sm",
  cursorType: "pointer",
  fontFamily:
    'ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", Menlo, Consolas, monospace',
  components: {
    Modal: Modal.extend({ defaultProps: { closeButtonProps: { "aria-label": "Close" } } }),
    Select: Select.extend({
      // The list itself scrolls and stays beside its field: Mantine's scroll area and portal both fail axe.
      defaultProps: {
        checkIconPosition: "right",
        withScrollArea: false,
        comboboxProps: { withinPortal: false },
        styles: { options: { maxHeight: 260, overflowY: "auto" } },
      },
    }),
  },
});
