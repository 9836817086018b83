// A form that is sent with a passkey: <form data-passkey="get|create" data-passkey-failed="…">. What the device is asked stands in
// #passkey-options; data-passkey-options names an address to fetch it from, where nobody is known yet.
(() => {
  const options = async (form) => {
    if (!form.dataset.passkeyOptions) {
      return JSON.parse(document.getElementById("passkey-options").textContent);
    }
    const response = await fetch(form.dataset.passkeyOptions, {
      headers: { Accept: "application/json", "X-Requested-With": "XMLHttpRequest" },
    });
    if (!response.ok) {
      throw new Error(`${response.status}`);
    }
    return response.json();
  };

  const made = async (form) => {
    const given = (await options(form)).creation_options;
    const alone = form.elements.passwordless ? form.elements.passwordless.checked : false;
    const selection = given.publicKey.authenticatorSelection;
    selection.residentKey = alone ? "required" : "discouraged";
    selection.requireResidentKey = alone;
    if (alone) {
      selection.userVerification = "required";
    }
    return window.webauthnJSON.create(given);
  };

  const used = async (form) => window.webauthnJSON.get((await options(form)).request_options);

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.addEventListener("submit", async (event) => {
      if (form.elements.credential.value) {
        return;
      }
      event.preventDefault();
      // The guard against sending twice looks at forms that are on their way; this one is not yet.
      event.stopImmediatePropagation();
      try {
        const credential = await (form.dataset.passkey === "create" ? made(form) : used(form));
        form.elements.credential.value = JSON.stringify(credential);
        form.submit();
      } catch (problem) {
        window.portal.toast(form.dataset.passkeyFailed);
      }
    }, { capture: true });
  }
})();
