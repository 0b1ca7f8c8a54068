/* What the form does more where there are scripts; without them all works.
 * It sends nothing itself and keeps nothing. */
(function () {
    "use strict";
    var form = document.querySelector("form[data-anonid]");
    if (!form)
        return;
    var files = form.querySelector("input[type=file]");
    var button = form.querySelector("button[type=submit]");
    var sending = false;

    function size(octets) {
        var kilobytes = Math.ceil(octets / 1024);
        var unit = kilobytes < 1024 ? files.dataset.kilobytes
                                    : files.dataset.megabytes;
        var number = kilobytes < 1024 ? kilobytes
                                      : Math.round(kilobytes / 102.4) / 10;
        return unit.replace("{value}", number.toLocaleString(
            document.documentElement.lang));
    }

    /* The chosen files, each with its size, and whether they are too large. */
    function show() {
        var list = document.getElementById("anonid-chosen");
        var error = document.getElementById("anonid-too-large");
        var total = 0;
        list.replaceChildren();
        Array.prototype.forEach.call(files.files, function (file) {
            var item = document.createElement("li");
            item.textContent = file.name + " – " + size(file.size);
            list.append(item);
            total += file.size;
        });
        var large = total > Number(files.dataset.limit);
        files.setCustomValidity(large ? files.dataset.tooLarge : "");
        error.textContent = large ? files.dataset.tooLarge : "";
        if (large)
            files.setAttribute("aria-invalid", "true");
        else
            files.removeAttribute("aria-invalid");
        files.closest(".field").classList.toggle("wrong", large);
    }

    function drop(event) {
        var all = new DataTransfer();
        var add = function (file) { all.items.add(file); };
        event.preventDefault();
        mark(false);
        if (!event.dataTransfer.files.length)
            return;
        Array.prototype.forEach.call(files.files, add);
        Array.prototype.forEach.call(event.dataTransfer.files, add);
        files.files = all.files;
        show();
    }

    function mark(dragging) {
        files.closest(".field").classList.toggle("dragging", dragging);
    }

    function carriesFiles(event) {
        return Array.prototype.indexOf.call(event.dataTransfer.types,
                                            "Files") >= 0;
    }

    if (files) {
        document.getElementById("anonid-drop").hidden = false;
        files.addEventListener("change", show);
        form.addEventListener("dragover", function (event) {
            if (!carriesFiles(event))
                return;
            event.preventDefault();
            mark(true);
        });
        form.addEventListener("dragleave", function (event) {
            if (!form.contains(event.relatedTarget))
                mark(false);
        });
        form.addEventListener("drop", function (event) {
            if (carriesFiles(event))
                drop(event);
        });
        if (files.files.length)
            show();
    }

    /* A second click sends no second message. */
    form.addEventListener("submit", function (event) {
        if (sending) {
            event.preventDefault();
            return;
        }
        sending = true;
        button.setAttribute("aria-disabled", "true");
        button.dataset.label = button.textContent;
        button.textContent = button.dataset.sending;
    });
    window.addEventListener("pageshow", function () {
        sending = false;
        button.removeAttribute("aria-disabled");
        if (button.dataset.label)
            button.textContent = button.dataset.label;
    });
}());
